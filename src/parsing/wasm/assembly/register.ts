// The buckets of one body, as ../../aggregate/register.ts keeps them. A time that is late matters for samples alone.

import {
  SLOT_NUMBERS_AT,
  SLOT_TABLE_AT,
  SLOT_TIMES_AT,
  SLOTS_AT,
  SLOTS_MAX,
  STATE_AT,
  STATE_BY_KIND,
  STATE_SLOT_COUNT,
  STATE_VALUE_COUNT,
  VALUE_SLOTS_AT,
  VALUES_AT,
  VALUES_MAX,
  WINDOW_FIRST_SLOTS_AT,
  WINDOW_LAST_SLOTS_AT,
} from '../layout';

export const COUNT: i32 = 0;
export const MEASURE: i32 = 1;
export const SAMPLE: i32 = 2;
export const UNIQUE: i32 = 3;

/** Fields of a slot, as SLOT of ../../aggregate/register.ts has them, in bytes. */
const HASH: usize = 0;
export const KIND: usize = 4;
export const NAME: usize = 8;
export const SOURCE: usize = 12;
export const UNIT: usize = 16;
const WINDOW: usize = 20;
export const NEXT: usize = 24;
export const VALUES: usize = 28;
export const SLOT_SHIFT: usize = 5;

const FIRST_MASK: i32 = 1023;

let mask: i32 = FIRST_MASK;
let seed: u32 = 0;
let multiplier: u32 = 1;

export function seedRegister(random: u32): void {
  seed = random;
  multiplier = (random * 0x85ebca6b) | 1;
}

/** Forgets all buckets. */
export function beginRegister(): void {
  const slots = load<i32>(STATE_AT, STATE_SLOT_COUNT);
  // What one large body needed is not to be cleared for every small one.
  if (slots < mask >> 3 && mask > FIRST_MASK) mask >>= 1;
  memory.fill(SLOT_TABLE_AT, 0, (<usize>(mask + 1)) << 2);
  memory.fill(STATE_AT, 0, 64);
}

/** Adds one measurement; false if there is no room for it. */
export function addMeasurement(kind: i32, name: i32, source: i32, unit: i32, window: i32, value: f64, atUs: f64): bool {
  const slot = slotOf(kind, name, source, unit, window);
  if (slot < 0) return false;
  const kinds = ((<usize>kind) << 2) + STATE_AT;
  store<i32>(kinds, load<i32>(kinds, STATE_BY_KIND) + 1, STATE_BY_KIND);
  const number = ((<usize>slot) << 3) + SLOT_NUMBERS_AT;
  if (kind == MEASURE || kind == UNIQUE) {
    const place = load<i32>(STATE_AT, STATE_VALUE_COUNT);
    if (place == VALUES_MAX) return false;
    store<i32>(STATE_AT, place + 1, STATE_VALUE_COUNT);
    store<f64>((<usize>place) << 3, value, VALUES_AT);
    store<i32>((<usize>place) << 2, slot, VALUE_SLOTS_AT);
    const fields = ((<usize>slot) << SLOT_SHIFT) + SLOTS_AT;
    store<i32>(fields, load<i32>(fields, VALUES) + 1, VALUES);
  } else if (kind == COUNT) {
    store<f64>(number, load<f64>(number) + value);
    if (value < 0) store<i32>(((<usize>slot) << SLOT_SHIFT) + SLOTS_AT, 1, VALUES);
  } else {
    const time = ((<usize>slot) << 3) + SLOT_TIMES_AT;
    const held = load<f64>(time);
    if (atUs > held || (atUs == held && value > load<f64>(number))) {
      store<f64>(number, value);
      store<f64>(time, atUs);
    }
  }
  return true;
}

/** The slot of these, made if need be; -1 if there is no room for it. */
function slotOf(kind: i32, name: i32, source: i32, unit: i32, window: i32): i32 {
  let mixed = (seed ^ (<u32>((name << 2) | kind))) * multiplier;
  mixed = (mixed ^ (mixed >> 15) ^ (<u32>source)) * multiplier;
  mixed = (mixed ^ (mixed >> 15) ^ (<u32>((window << 8) + unit))) * multiplier;
  const hash = <i32>(mixed ^ (mixed >> 15));
  let place = hash & mask;
  let held = load<i32>((<usize>place) << 2, SLOT_TABLE_AT);
  while (held != 0) {
    const fields = ((<usize>(held - 1)) << SLOT_SHIFT) + SLOTS_AT;
    if (
      load<i32>(fields, HASH) == hash &&
      load<i32>(fields, NAME) == name &&
      load<i32>(fields, SOURCE) == source &&
      load<i32>(fields, UNIT) == unit &&
      load<i32>(fields, KIND) == kind &&
      load<i32>(fields, WINDOW) == window
    ) {
      return held - 1;
    }
    place = (place + 1) & mask;
    held = load<i32>((<usize>place) << 2, SLOT_TABLE_AT);
  }
  return addSlot(hash, kind, name, source, unit, window);
}

function addSlot(hash: i32, kind: i32, name: i32, source: i32, unit: i32, window: i32): i32 {
  const slot = load<i32>(STATE_AT, STATE_SLOT_COUNT);
  if (slot == SLOTS_MAX) return -1;
  store<i32>(STATE_AT, slot + 1, STATE_SLOT_COUNT);
  const fields = ((<usize>slot) << SLOT_SHIFT) + SLOTS_AT;
  store<i32>(fields, hash, HASH);
  store<i32>(fields, kind, KIND);
  store<i32>(fields, name, NAME);
  store<i32>(fields, source, SOURCE);
  store<i32>(fields, unit, UNIT);
  store<i32>(fields, window, WINDOW);
  store<i32>(fields, -1, NEXT);
  store<i32>(fields, 0, VALUES);
  store<f64>((<usize>slot) << 3, 0, SLOT_NUMBERS_AT);
  store<f64>((<usize>slot) << 3, -Infinity, SLOT_TIMES_AT);
  const last = ((<usize>window) << 2) + WINDOW_LAST_SLOTS_AT;
  const previous = load<i32>(last);
  if (previous < 0) store<i32>((<usize>window) << 2, slot, WINDOW_FIRST_SLOTS_AT);
  else store<i32>(((<usize>previous) << SLOT_SHIFT) + SLOTS_AT, slot, NEXT);
  store<i32>(last, slot);
  // Half full at most.
  if (slot * 2 > mask) grow(slot);
  else place(slot);
  return slot;
}

function grow(last: i32): void {
  mask = mask * 2 + 1;
  memory.fill(SLOT_TABLE_AT, 0, (<usize>(mask + 1)) << 2);
  for (let slot = 0; slot <= last; slot++) place(slot);
}

function place(slot: i32): void {
  let at = load<i32>(((<usize>slot) << SLOT_SHIFT) + SLOTS_AT, HASH) & mask;
  while (load<i32>((<usize>at) << 2, SLOT_TABLE_AT) != 0) at = (at + 1) & mask;
  store<i32>((<usize>at) << 2, slot + 1, SLOT_TABLE_AT);
}
