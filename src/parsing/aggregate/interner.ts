import { BYTES } from '../memory.js';

const source = BYTES;

/** From so many texts, or bytes of them, on an interner is emptied before the next body: names may be unbounded. */
const MAX_TEXTS = 1 << 16;
const MAX_BYTES = 8 << 20;

const INITIAL_TEXTS = 1 << 9;
const INITIAL_WORDS = 1 << 12;

/** The longest text, in bytes. */
const MAX_TEXT_BYTES = 256;

/**
 * Gives equal byte strings the same small number. Numbers go from 0 (the empty string) and hold until {@link begin} empties
 * the interner.
 *
 * The hash starts from and multiplies by secrets of this process, or else a sender could choose names that all collide.
 */
export class Interner {
  /** How many numbers are given out. */
  size = 1;
  /** The bytes of text `id` are bytes[4 · wordsAt[id]..][0..lengths[id]). */
  bytes: Uint8Array = new Uint8Array(INITIAL_WORDS * 4);
  wordsAt = new Int32Array(INITIAL_TEXTS);
  lengths = new Int32Array(INITIAL_TEXTS);
  /** The same texts as whole words, padded with zeros: that is four times as fast to compare. */
  private words = new Int32Array(INITIAL_WORDS);
  private wordCount = 0;
  private hashes = new Int32Array(INITIAL_TEXTS);
  /** Open addressing, at most half full; 0 is a free place. */
  private table = new Int32Array(INITIAL_TEXTS * 2);
  private readonly multiplier: number;
  /** The words of the text that is looked for. */
  private readonly sought = new Int32Array(MAX_TEXT_BYTES / 4);

  constructor(private readonly seed: number) {
    this.multiplier = Math.imul(seed, 0x9e3779b1) | 1;
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
  }

  /** The number of source[at..end), which is at most 256 bytes long. */
  intern(at: number, end: number): number {
    if (at === end) return 0;
    const hash = this.seek(at, end);
    const { table, hashes } = this;
    const mask = table.length - 1;
    let place = hash & mask;
    for (let id = table[place]!; id !== 0; id = table[place]!) {
      if (hashes[id] === hash && this.isSought(id, end - at)) return id;
      place = (place + 1) & mask;
    }
    return this.add(hash, at, end);
  }

  /** Sets {@link sought}. @returns its hash */
  private seek(at: number, end: number): number {
    const { multiplier, sought } = this;
    let hash = this.seed ^ (end - at);
    let count = 0;
    let i = at;
    for (; i + 4 <= end; i += 4) {
      const word = source[i]! | (source[i + 1]! << 8) | (source[i + 2]! << 16) | (source[i + 3]! << 24);
      sought[count++] = word;
      hash = Math.imul(hash ^ word, multiplier);
      hash ^= hash >>> 15;
    }
    if (i < end) {
      let word = source[i]!;
      if (i + 1 < end) word |= source[i + 1]! << 8;
      if (i + 2 < end) word |= source[i + 2]! << 16;
      sought[count] = word;
      hash = Math.imul(hash ^ word, multiplier);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  private isSought(id: number, length: number): boolean {
    if (this.lengths[id] !== length) return false;
    const { words, sought } = this;
    const wordsAt = this.wordsAt[id]!;
    for (let i = 0; i * 4 < length; i++) if (words[wordsAt + i] !== sought[i]) return false;
    return true;
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
    for (let i = 0; i < words; i++) this.words[this.wordCount++] = this.sought[i]!;
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
