// Gives equal byte strings the same small number, as ../../aggregate/interner.ts does.

import {
  ENTRY_HASH,
  ENTRY_LENGTH,
  ENTRY_WORD,
  INTERNER_BYTES,
  INTERNER_ENTRIES,
  INTERNER_MASK,
  INTERNER_SIZE,
  INTERNER_TABLE,
  INTERNER_TEXTS,
  INTERNER_WORDS,
  INTERNERS_AT,
  TEXT_BYTES_MAX,
  TEXTS_MAX,
} from '../layout';

/** Pairs of a short text and its number, of the units alone. */
const SHORT_BITS: u32 = 6;
const SHORT_TEXTS = memory.data(512);

/** As a shift. */
const ENTRY_SHIFT: usize = 5;

export const NAMES: usize = INTERNERS_AT;
export const SOURCES: usize = INTERNERS_AT + INTERNER_BYTES;
export const UNITS: usize = INTERNERS_AT + 2 * INTERNER_BYTES;

/** From so many texts, or bytes of them, on an interner is emptied before the next body: names may be unbounded. */
const KEPT_TEXTS: i32 = 65536;
const KEPT_BYTES: i32 = 8388608;

const FIRST_MASK: i32 = 1023;

/** What intern answers where there is no room for one more text. */
export const FULL: i32 = -1;

/** Secrets that texts are hashed by: one for their length, one to begin with, and one for each of their words of four bytes. */
const KEYS = memory.data(8 * (2 + 256 / 4));
const WORD_KEYS: usize = KEYS + 16;

/** @param low, high random bits */
export function seedInterners(low: u32, high: u32): void {
  let state = ((<u64>high) << 32) | low;
  for (let key = KEYS; key < KEYS + 8 * (2 + 256 / 4); key += 8) {
    // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    state += 0x9e3779b97f4a7c15;
    let mixed = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    store<u64>(key, mixed ^ (mixed >> 31));
  }
  for (let interner = NAMES; interner <= UNITS; interner += INTERNER_BYTES) empty(interner);
}

/** Where the entry of a text is. */
export function entryOf(interner: usize, id: i32): usize {
  return interner + INTERNER_ENTRIES + ((<usize>id) << ENTRY_SHIFT);
}

/** Where the bytes of an entry's text are. */
export function textOf(interner: usize, entry: usize): usize {
  return interner + INTERNER_TEXTS + ((<usize>load<i32>(entry, ENTRY_WORD)) << 2);
}

/** Before each body: empties an interner that has grown past its bounds. */
export function beginInterner(interner: usize): void {
  if (load<i32>(interner, INTERNER_SIZE) > KEPT_TEXTS || load<i32>(interner, INTERNER_WORDS) * 4 > KEPT_BYTES) {
    empty(interner);
  }
}

/** The number of bytes[at..end), which are at most 256; FULL if there is no room for it. */
export function intern(interner: usize, at: usize, end: usize): i32 {
  if (at == end) return 0;
  const hash = hashOf(at, end);
  const mask = load<i32>(interner, INTERNER_MASK);
  const table = interner + INTERNER_TABLE;
  let place = hash & mask;
  let id = load<i32>(table + ((<usize>place) << 2));
  while (id != 0) {
    const entry = entryOf(interner, id);
    if (
      load<i32>(entry, ENTRY_HASH) == hash &&
      load<i32>(entry, ENTRY_LENGTH) == <i32>(end - at) &&
      isText(textOf(interner, entry), at, end)
    ) {
      return id;
    }
    place = (place + 1) & mask;
    id = load<i32>(table + ((<usize>place) << 2));
  }
  return add(interner, hash, at, end);
}

/** As {@link intern}, and faster for texts of up to three bytes, as most units are: those last met are in a small table. */
export function internShort(interner: usize, at: usize, end: usize): i32 {
  if (at == end) return 0;
  if (end - at > 3) return intern(interner, at, end);
  // Its length stands above its bytes, so that no two texts are the same number.
  const bits = (<u32>(end - at)) << 3;
  const text = (load<u32>(at) & (((<u32>1) << bits) - 1)) | (bits << 24);
  const place = SHORT_TEXTS + ((<usize>((text * 0x9e3779b1) >> (32 - SHORT_BITS))) << 3);
  if (load<u32>(place) == text) return load<i32>(place, 4);
  store<u32>(place, text);
  const id = intern(interner, at, end);
  store<i32>(place, id, 4);
  return id;
}

/**
 * Multilinear (Lemire, Kaser, "Strongly universal string hashing is fast", Computer Journal 57(11), 2014): words of 32 bits times
 * secrets of 64, added up. Whoever does not know the secrets cannot choose names that collide, not even two. What follows the sum only
 * spreads names that differ by little.
 */
function hashOf(at: usize, end: usize): i32 {
  let hash = load<u64>(KEYS) + <u64>(end - at) * load<u64>(KEYS, 8);
  let key = WORD_KEYS;
  for (; at + 8 <= end; at += 8, key += 16) hash += product(load<u64>(at), key);
  if (at < end) hash += product(tail(at, end), key);
  hash = (hash ^ (hash >> 29)) * 0x94d049bb133111eb;
  return <i32>(hash >> 32);
}

/** Of both halves of eight bytes with their secrets. */
function product(word: u64, key: usize): u64 {
  return (word & 0xffffffff) * load<u64>(key) + (word >> 32) * load<u64>(key, 8);
}

/** Up to seven bytes, and zeros. */
function tail(at: usize, end: usize): u64 {
  const bits = (<u64>(end - at)) << 3;
  return load<u64>(at) & (((<u64>1) << bits) - 1);
}

/** Texts are kept in whole words of eight bytes, with zeros behind. */
function isText(text: usize, at: usize, end: usize): bool {
  for (; at + 8 <= end; at += 8, text += 8) if (load<u64>(text) != load<u64>(at)) return false;
  return at == end || load<u64>(text) == tail(at, end);
}

function add(interner: usize, hash: i32, at: usize, end: usize): i32 {
  const id = load<i32>(interner, INTERNER_SIZE);
  const word = load<i32>(interner, INTERNER_WORDS);
  if (id == TEXTS_MAX || word * 4 > TEXT_BYTES_MAX) return FULL;
  store<i32>(interner, id + 1, INTERNER_SIZE);
  store<i32>(interner, word + <i32>((end - at + 7) >> 3) * 2, INTERNER_WORDS);
  const entry = entryOf(interner, id);
  store<i32>(entry, hash, ENTRY_HASH);
  store<i32>(entry, <i32>(end - at), ENTRY_LENGTH);
  store<i32>(entry, word, ENTRY_WORD);
  let text = textOf(interner, entry);
  for (; at + 8 <= end; at += 8, text += 8) store<u64>(text, load<u64>(at));
  if (at < end) store<u64>(text, tail(at, end));
  if (id * 2 > load<i32>(interner, INTERNER_MASK)) grow(interner, id);
  else place(interner, id, hash);
  return id;
}

/** Half full at most. */
function grow(interner: usize, last: i32): void {
  const mask = load<i32>(interner, INTERNER_MASK) * 2 + 1;
  store<i32>(interner, mask, INTERNER_MASK);
  memory.fill(interner + INTERNER_TABLE, 0, (<usize>(mask + 1)) << 2);
  for (let id = 1; id <= last; id++) place(interner, id, load<i32>(entryOf(interner, id), ENTRY_HASH));
}

function place(interner: usize, id: i32, hash: i32): void {
  const mask = load<i32>(interner, INTERNER_MASK);
  const table = interner + INTERNER_TABLE;
  let at = hash & mask;
  while (load<i32>(table + ((<usize>at) << 2)) != 0) at = (at + 1) & mask;
  store<i32>(table + ((<usize>at) << 2), id);
}

function empty(interner: usize): void {
  if (interner == UNITS) memory.fill(SHORT_TEXTS, 0, 512);
  store<i32>(interner, 1, INTERNER_SIZE);
  store<i32>(interner, 0, INTERNER_WORDS);
  store<i32>(interner, FIRST_MASK, INTERNER_MASK);
  // Text 0 is the empty one.
  store<i32>(interner, 0, INTERNER_ENTRIES + ENTRY_LENGTH);
  store<i32>(interner, 0, INTERNER_ENTRIES + ENTRY_WORD);
  memory.fill(interner + INTERNER_TABLE, 0, (FIRST_MASK + 1) << 2);
}
