/**
 * Up to so many different strings are told apart one by one, 8 KiB of hashes; with more, only the registers of a HyperLogLog.
 * Part of the storage format: receivers and outlets must agree on it, so it is no setting.
 */
export const EXACT_HASHES_MAX = 1024;

/** Bits of a hash that choose its register, and those that are left for its rank. */
const INDEX_BITS = 14;
const RANK_BITS = 53 - INDEX_BITS;

/** The largest rank: of a hash that has no more than its index. */
export const RANK_MAX = RANK_BITS + 1;

/** Registers of a HyperLogLog: its standard error is 1.04 / √16384 = 0.81 %. */
export const REGISTERS = 1 << INDEX_BITS;

/**
 * How many different strings there were in one window, by their 53-bit hashes (unique-hash.ts). Exact up to
 * {@link EXACT_HASHES_MAX} of them, past that a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, AofA 2007). Which of the two
 * depends on the strings alone, so any grouping and order of merging ends in the same.
 */
export class Cardinality {
  /** The hashes, as long as they are few enough. */
  private hashes: Set<number> | undefined = new Set();
  /** The largest rank of each register's hashes, once there are more than {@link EXACT_HASHES_MAX}. */
  registers: Uint8Array | undefined;

  /** Adds the hash of one string: a whole number from 0 to below 2⁵³. */
  add(hash: number): void {
    if (!this.hashes) return note(this.registers!, hash);
    this.hashes.add(hash);
    if (this.hashes.size > EXACT_HASHES_MAX) this.toRegisters();
  }

  /** Adds all strings of `other`, which stays as it is. */
  merge(other: Cardinality): void {
    if (other.hashes) {
      for (const hash of other.hashes) this.add(hash);
      return;
    }
    const mine = this.toRegisters();
    for (const [i, rank] of other.registers!.entries()) if (rank > mine[i]!) mine[i] = rank;
  }

  /** The hashes one by one; undefined when there are too many to have been kept. */
  exactHashes(): ReadonlySet<number> | undefined {
    return this.hashes;
  }

  /** How many different strings there were: exact, or within the error of {@link REGISTERS}. */
  estimate(): number {
    return this.hashes?.size ?? Math.min(Number.MAX_SAFE_INTEGER, Math.round(estimateOf(this.registers!)));
  }

  /** A cardinality of registers, as read from a batch. @param registers REGISTERS of them, which then belong to it */
  static ofRegisters(registers: Uint8Array): Cardinality {
    const cardinality = new Cardinality();
    cardinality.hashes = undefined;
    cardinality.registers = registers;
    return cardinality;
  }

  private toRegisters(): Uint8Array {
    if (this.registers) return this.registers;
    const registers = new Uint8Array(REGISTERS);
    for (const hash of this.hashes!) note(registers, hash);
    this.hashes = undefined;
    return (this.registers = registers);
  }
}

function note(registers: Uint8Array, hash: number): void {
  const index = hash % REGISTERS;
  const rank = rankOf(Math.floor(hash / REGISTERS));
  if (rank > registers[index]!) registers[index] = rank;
}

/** One more than the zeros that a number of {@link RANK_BITS} bits begins with. */
function rankOf(bits: number): number {
  const high = Math.floor(bits / 2 ** 32);
  return high > 0 ? Math.clz32(high) - (64 - RANK_BITS) + 1 : RANK_BITS - 32 + Math.clz32(bits) + 1;
}

/** Good for any number, without tables or thresholds (Ertl, "New cardinality estimation algorithms", arXiv 1702.01284, alg. 6). */
function estimateOf(registers: Uint8Array): number {
  const withRank = new Float64Array(RANK_MAX + 1);
  for (const rank of registers) withRank[rank]!++;
  let z = REGISTERS * tau(1 - withRank[RANK_MAX]! / REGISTERS);
  for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + withRank[rank]!);
  z += REGISTERS * sigma(withRank[0]! / REGISTERS);
  return REGISTERS ** 2 / (2 * Math.LN2) / z;
}

/** x + Σ x^(2^k) · 2^(k−1), for the registers that are still empty. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let z = x;
  for (let y = 1, before = NaN; z !== before; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

/** (1 − x − Σ (1 − x^(2^−k))² · 2^−k) / 3, for the registers that are full. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let z = 1 - x;
  for (let y = 0.5, before = NaN; z !== before; y *= 0.5) {
    x = Math.sqrt(x);
    before = z;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
