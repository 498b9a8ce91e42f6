// Writes a window's buckets as a batch, in the form of ../../../model/batch-format.ts, as ../../aggregate/window-encoder.ts does.

import {
  ENTRY_BATCH,
  ENTRY_BYTES,
  ENTRY_INDEX,
  ENTRY_LENGTH,
  INTERNER_BYTES,
  NAME_PREFIX_AT,
  OUTPUT_AT,
  OUTPUT_BYTES_MAX,
  SLOT_NUMBERS_AT,
  SLOT_TIMES_AT,
  SLOTS_AT,
  SORTED_VALUES_AT,
  SOURCE_PREFIX_AT,
  STATE_AT,
  STATE_SLOT_COUNT,
  STATE_VALUE_COUNT,
  TEXTS_MAX,
  VALUE_ENDS_AT,
  VALUE_SLOTS_AT,
  VALUES_AT,
  WINDOW_FIRST_SLOTS_AT,
} from '../layout';
import { entryOf, NAMES, SOURCES, textOf, UNITS } from './interner';
import { COUNT, KIND, MEASURE, NAME, NEXT, SAMPLE, SLOT_SHIFT, SOURCE, UNIQUE, UNIT, VALUES } from './register';

const BATCH_VERSION: u8 = 1;
const SEEN_NEGATIVE: u8 = 0x10;

/** What a record takes at most besides its texts and values. */
const RECORD_BYTES: usize = 64;

/** More values than these are not kept one by one (../../../model/distribution.ts): the other half writes such a window. */
const EXACT_VALUES_MAX: i32 = 8192;

let namePrefixBytes: usize = 0;
let sourcePrefixBytes: usize = 0;

/** Tells the batches apart in which a text was last written. */
let batch: i32 = 0;
let texts: i32 = 0;
let to: usize = OUTPUT_AT;

/** Before the batches of a body: a counting sort of the values by slot. */
export function beginBatches(namePrefix: usize, sourcePrefix: usize): void {
  namePrefixBytes = namePrefix;
  sourcePrefixBytes = sourcePrefix;
  const slots = load<i32>(STATE_AT, STATE_SLOT_COUNT);
  let end = 0;
  for (let slot: usize = 0; slot < <usize>slots; slot++) {
    store<i32>(slot << 2, end, VALUE_ENDS_AT);
    const fields = (slot << SLOT_SHIFT) + SLOTS_AT;
    const kind = load<i32>(fields, KIND);
    if (kind == MEASURE || kind == UNIQUE) end += load<i32>(fields, VALUES);
  }
  const values = load<i32>(STATE_AT, STATE_VALUE_COUNT);
  for (let i: usize = 0; i < <usize>values; i++) {
    const slot = <usize>load<i32>(i << 2, VALUE_SLOTS_AT);
    const place = load<i32>(slot << 2, VALUE_ENDS_AT);
    store<i32>(slot << 2, place + 1, VALUE_ENDS_AT);
    store<f64>((<usize>place) << 3, load<f64>(i << 3, VALUES_AT), SORTED_VALUES_AT);
  }
}

/** Writes the batch of a window. Returns how long it is; 0 if there is something in it that is not written here. */
export function encodeBatch(window: usize): usize {
  nextBatch();
  to = OUTPUT_AT;
  texts = 1;
  store<u8>(to++, BATCH_VERSION);
  let slot = load<i32>(window << 2, WINDOW_FIRST_SLOTS_AT);
  while (slot >= 0) {
    if (!encodeSlot(<usize>slot)) return 0;
    slot = load<i32>(((<usize>slot) << SLOT_SHIFT) + SLOTS_AT, NEXT);
  }
  return to - OUTPUT_AT;
}

function nextBatch(): void {
  batch++;
  if (batch != i32.MAX_VALUE) return;
  for (let interner = NAMES; interner <= UNITS; interner += INTERNER_BYTES) {
    const end = entryOf(interner, TEXTS_MAX);
    for (let entry = entryOf(interner, 0); entry < end; entry += ENTRY_BYTES) store<i32>(entry, 0, ENTRY_BATCH);
  }
  batch = 1;
}

function encodeSlot(slot: usize): bool {
  const fields = (slot << SLOT_SHIFT) + SLOTS_AT;
  const kind = load<i32>(fields, KIND);
  const count = load<i32>(fields, VALUES);
  if (kind == UNIQUE || (kind == MEASURE && count > EXACT_VALUES_MAX)) return false;
  const name = load<i32>(fields, NAME);
  const source = load<i32>(fields, SOURCE);
  const unit = load<i32>(fields, UNIT);
  const bytes = lengthOf(NAMES, name) + lengthOf(SOURCES, source) + namePrefixBytes + sourcePrefixBytes;
  if (to + bytes + ((<usize>count) << 3) + RECORD_BYTES > <usize>(OUTPUT_AT + OUTPUT_BYTES_MAX)) return false;

  store<u8>(to++, kind == COUNT && count == 1 ? (<u8>kind) | SEEN_NEGATIVE : <u8>kind);
  writeText(NAMES, name, NAME_PREFIX_AT, namePrefixBytes);
  writeText(SOURCES, source, SOURCE_PREFIX_AT, sourcePrefixBytes);
  writeText(UNITS, unit, 0, 0);
  if (kind == MEASURE) {
    writeWhole(count);
    const from = ((<usize>(load<i32>(slot << 2, VALUE_ENDS_AT) - count)) << 3) + SORTED_VALUES_AT;
    for (let i: usize = 0; i < (<usize>count) << 3; i += 8) store<f64>(to + i, load<f64>(from + i));
    to += (<usize>count) << 3;
    return true;
  }
  store<f64>(to, load<f64>(slot << 3, SLOT_NUMBERS_AT));
  to += 8;
  if (kind == SAMPLE) {
    store<f64>(to, load<f64>(slot << 3, SLOT_TIMES_AT));
    to += 8;
  }
  return true;
}

function lengthOf(interner: usize, id: i32): usize {
  return load<i32>(entryOf(interner, id), ENTRY_LENGTH);
}

/** Writes a text: once in full with its prefix, and then by its index. */
function writeText(interner: usize, id: i32, prefix: usize, prefixBytes: usize): void {
  const entry = entryOf(interner, id);
  if (load<i32>(entry, ENTRY_BATCH) == batch) return writeWhole(load<i32>(entry, ENTRY_INDEX) + 1);
  store<i32>(entry, batch, ENTRY_BATCH);
  const length = <usize>load<i32>(entry, ENTRY_LENGTH);
  // A prefix that nothing follows stands alone, without its dot.
  const before = length == 0 && prefixBytes > 0 ? prefixBytes - 1 : prefixBytes;
  if (length + before == 0) {
    store<i32>(entry, 0, ENTRY_INDEX);
    return writeWhole(1);
  }
  store<u8>(to++, 0);
  writeWhole(<i32>(before + length));
  if (before > 0) memory.copy(to, prefix, before);
  to += before;
  // What is written too much is written over: the next byte is not yet there.
  const from = textOf(interner, entry);
  for (let i: usize = 0; i < length; i += 8) store<u64>(to + i, load<u64>(from + i));
  to += length;
  store<i32>(entry, texts++, ENTRY_INDEX);
}

/** LEB128. */
function writeWhole(value: i32): void {
  while (value >= 0x80) {
    store<u8>(to++, (<u8>value) | 0x80);
    value >>= 7;
  }
  store<u8>(to++, <u8>value);
}
