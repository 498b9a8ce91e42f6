const SLOTS_MIN = 64;

/** Odd multipliers, different in each process: nobody can send texts whose numbers fall into one slot. */
const [A, B, C] = [0, 0, 0].map(() => Math.floor(Math.random() * 2 ** 32) | 1) as [number, number, number];

/**
 * Numbers different triples of whole numbers (from 0 to below 2³¹) from 0 on, in order of first arrival. What a Map with a
 * composed string as its key would do, without a string for each question: some 30 bytes a triple.
 */
export class Triples {
  size = 0;
  private slots = new Int32Array(SLOTS_MIN);
  private triples = new Int32Array((3 * SLOTS_MIN) / 2);

  /** The number of a triple; a new one gets the next, which is the {@link size} before. */
  numberOf(a: number, b: number, c: number): number {
    const slot = this.slotOf(a, b, c);
    const held = this.slots[slot]!;
    if (held > 0) return held - 1;
    const number = this.size++;
    this.triples[3 * number] = a;
    this.triples[3 * number + 1] = b;
    this.triples[3 * number + 2] = c;
    this.slots[slot] = this.size;
    if (2 * this.size === this.slots.length) this.grow();
    return number;
  }

  /** The number of a triple that was met before; -1 for another. */
  find(a: number, b: number, c: number): number {
    return this.slots[this.slotOf(a, b, c)]! - 1;
  }

  /** The slot that has the number of a triple, plus one, or the empty one where it belongs. */
  private slotOf(a: number, b: number, c: number): number {
    const { slots, triples } = this;
    const mask = slots.length - 1;
    const mixed = Math.imul(Math.imul(Math.imul(a, A) ^ b, B) ^ c, C);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (let held; (held = slots[slot]!) > 0; slot = (slot + 1) & mask) {
      const at = 3 * (held - 1);
      if (triples[at] === a && triples[at + 1] === b && triples[at + 2] === c) break;
    }
    return slot;
  }

  private grow(): void {
    const triples = this.triples;
    this.slots = new Int32Array(2 * this.slots.length);
    this.triples = new Int32Array(2 * triples.length);
    this.triples.set(triples);
    for (let number = 0; number < this.size; number++) {
      const at = 3 * number;
      this.slots[this.slotOf(triples[at]!, triples[at + 1]!, triples[at + 2]!)] = number + 1;
    }
  }
}
