import { finished } from '../../model/murmur-hash.js';
import { BYTES, VIEW } from '../memory.js';

const source = BYTES;
const view = VIEW;

/** What is left of a word of so many bytes of a text. */
const TAIL_MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1);

/** Places of the cache for short texts. */
const SHORT_BITS = 6;

/** From so many texts, or bytes of them, on an interner is emptied before the next body: names may be unbounded. */
const MAX_TEXTS = 1 << 16;
const MAX_BYTES = 8 << 20;

const INITIAL_TEXTS = 1 << 9;
const INITIAL_WORDS = 1 << 12;

/** The longest text, in bytes. */
const MAX_TEXT_BYTES = 256;

/** What an interner has given numbers to. */
export interface Texts {
  /** How many numbers are given out. */
  readonly size: number;
  /** Text `id` is bytes[startOf(id)..][0..lengthOf(id)). */
  readonly bytes: Uint8Array;
  startOf(id: number): number;
  lengthOf(id: number): number;
}

/**
 * Gives equal byte strings the same small number. Numbers go from 0 (the empty string) and hold until {@link begin} empties
 * the interner.
 *
 * The hash starts from and multiplies by secrets of this process, twice a word: after one multiplication a difference in the top bit
 * would still be one there, for every secret, and a sender could choose names that all collide.
 */
export class Interner implements Texts {
  size = 1;
  bytes: Uint8Array = new Uint8Array(INITIAL_WORDS * 4);
  private wordsAt = new Int32Array(INITIAL_TEXTS);
  private lengths = new Int32Array(INITIAL_TEXTS);
  /** The same texts as whole words, padded with zeros: that is four times as fast to compare. */
  private words = new Int32Array(INITIAL_WORDS);
  private wordCount = 0;
  private hashes = new Int32Array(INITIAL_TEXTS);
  /** Open addressing, at most half full; 0 is a free place. */
  private table = new Int32Array(INITIAL_TEXTS * 2);
  private readonly multiplier: number;
  private readonly secondMultiplier: number;
  /** Short texts, as words, that were met last, and their numbers. */
  private readonly shortTexts = new Int32Array(1 << SHORT_BITS);
  private readonly shortIds = new Int32Array(1 << SHORT_BITS);

  constructor(private readonly seed: number) {
    this.multiplier = finished(seed) | 1;
    this.secondMultiplier = finished(seed + 0x9e3779b9) | 1;
  }

  /** Before each body: empties the interner if it has grown past its bounds. */
  begin(): void {
    if (this.size <= MAX_TEXTS && this.wordCount * 4 <= MAX_BYTES) return;
    this.size = 1;
    this.wordCount = 0;
    this.bytes = new Uint8Array(INITIAL_WORDS * 4);
    this.words = new Int32Array(INITIAL_WORDS);
    this.wordsAt = new Int32Array(INITIAL_TEXTS);
    this.lengths = new Int32Array(INITIAL_TEXTS);
    this.hashes = new Int32Array(INITIAL_TEXTS);
    this.table = new Int32Array(INITIAL_TEXTS * 2);
    this.shortTexts.fill(0);
  }

  startOf(id: number): number {
    return this.wordsAt[id]! * 4;
  }

  lengthOf(id: number): number {
    return this.lengths[id]!;
  }

  /** The number of source[at..end), which is at most 256 bytes long. */
  intern(at: number, end: number): number {
    if (at === end) return 0;
    const { table, hashes, multiplier, secondMultiplier } = this;
    let hash = this.seed ^ (end - at);
    let i = at;
    for (; i + 4 <= end; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(i, true), multiplier);
      hash = Math.imul(hash ^ (hash >>> 15), secondMultiplier);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash ^ (view.getInt32(i, true) & TAIL_MASKS[end - i]!), multiplier);
    hash = Math.imul(hash ^ (hash >>> 15), secondMultiplier);
    hash ^= hash >>> 13;
    const mask = table.length - 1;
    let place = hash & mask;
    for (let id = table[place]!; id !== 0; id = table[place]!) {
      if (hashes[id] === hash && this.isText(id, at, end)) return id;
      place = (place + 1) & mask;
    }
    return this.add(hash, at, end);
  }

  /** As {@link intern}, and faster for texts of up to four bytes without a zero, as most units are. */
  internShort(at: number, end: number): number {
    if (at === end) return 0;
    if (end - at > 4) return this.intern(at, end);
    const text = view.getInt32(at, true) & TAIL_MASKS[end - at]!;
    const place = Math.imul(text, 0x9e3779b1) >>> (32 - SHORT_BITS);
    if (this.shortTexts[place] === text) return this.shortIds[place]!;
    this.shortTexts[place] = text;
    return (this.shortIds[place] = this.intern(at, end));
  }

  private isText(id: number, at: number, end: number): boolean {
    if (this.lengths[id] !== end - at) return false;
    const { words } = this;
    let wordAt = this.wordsAt[id]!;
    let i = at;
    for (; i + 4 <= end; i += 4) if (words[wordAt++] !== view.getInt32(i, true)) return false;
    return i === end || words[wordAt] === (view.getInt32(i, true) & TAIL_MASKS[end - i]!);
  }

  private add(hash: number, at: number, end: number): number {
    if (this.size === this.lengths.length) this.growTexts();
    if (this.wordCount + MAX_TEXT_BYTES / 4 > this.words.length) this.growWords();
    const id = this.size++;
    const words = (end - at + 3) >> 2;
    this.wordsAt[id] = this.wordCount;
    this.lengths[id] = end - at;
    this.hashes[id] = hash;
    this.bytes.set(source.subarray(at, end), this.wordCount * 4);
    for (let i = 0; i < words; i++) {
      this.words[this.wordCount++] = view.getInt32(at + 4 * i, true) & TAIL_MASKS[Math.min(4, end - at - 4 * i)]!;
    }
    this.place(id);
    return id;
  }

  private growTexts(): void {
    const size = this.size * 2;
    this.wordsAt = grown(this.wordsAt, size);
    this.lengths = grown(this.lengths, size);
    this.hashes = grown(this.hashes, size);
    this.table = new Int32Array(size * 2);
    for (let id = 1; id < this.size; id++) this.place(id);
  }

  private growWords(): void {
    this.words = grown(this.words, this.words.length * 2);
    const bytes = new Uint8Array(this.bytes.length * 2);
    bytes.set(this.bytes);
    this.bytes = bytes;
  }

  private place(id: number): void {
    const mask = this.table.length - 1;
    let place = this.hashes[id]! & mask;
    while (this.table[place] !== 0) place = (place + 1) & mask;
    this.table[place] = id;
  }
}

function grown(held: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const into = new Int32Array(size);
  into.set(held);
  return into;
}
