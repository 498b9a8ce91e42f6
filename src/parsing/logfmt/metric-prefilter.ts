import { ascii, standsAt } from './text-match.js';
import { BYTES, WORDS } from '../memory.js';

const bytes = BYTES;
const words = WORDS;

const HASH = 0x23;
const LOWER_E = 0x65;
const LOWER_T = 0x74;

const LEGACY = ascii('measure.');

/** `meas`, `easu`, `asur` and `sure` as 32-bit words in the machine's byte order. */
const [MEAS, EASU, ASUR, SURE] = [0, 1, 2, 3].map((from) => new Int32Array(LEGACY.slice(from, from + 4).buffer)[0]!);

/**
 * Says of a text whether it may hold a metric, at a fraction of what reading it costs: only `measure#`, `count#`, `sample#`,
 * `unique#` and `measure.` begin one.
 */
export class MetricPrefilter {
  private body: Buffer = Buffer.allocUnsafeSlow(0);
  /** The first `#` from the last message on, or the body's length. */
  private nextHash = -1;

  /** @param body where it was loaded */
  begin(body: Buffer): void {
    this.body = body;
    this.nextHash = -1;
  }

  /** Whether bytes[at..end) may hold a metric. To be asked with ascending positions. */
  mayHoldMetric(at: number, end: number): boolean {
    if (this.nextHash < at) {
      const found = this.body.indexOf(HASH, at);
      this.nextHash = found < 0 ? this.body.length : found;
    }
    return (this.nextHash < end && this.hasPrefixFrom(this.nextHash, end)) || this.hasLegacyPrefix(at, end);
  }

  /** Whether a `#` from `hash` on stands behind the last letter of a prefix, unlike the one in `Orders#show`. */
  private hasPrefixFrom(hash: number, end: number): boolean {
    for (let i = hash; i < end; i++) {
      if (bytes[i] === HASH && (bytes[i - 1] === LOWER_E || bytes[i - 1] === LOWER_T)) return true;
    }
    return false;
  }

  /**
   * Looks at every fourth byte only: `measure.` has eight, so one of four words of it stands at an aligned place. Three times
   * as fast as Buffer.indexOf, for which `m` is too frequent.
   */
  private hasLegacyPrefix(at: number, end: number): boolean {
    const lastWord = (end - 1) >> 2;
    for (let i = at >> 2; i <= lastWord; i++) {
      const word = words[i]!;
      if (word === EASU || word === ASUR || word === SURE || word === MEAS) {
        const inPattern = word === MEAS ? 0 : word === EASU ? 1 : word === ASUR ? 2 : 3;
        const start = i * 4 - inPattern;
        if (start >= at && start < end && standsAt(start, LEGACY)) return true;
      }
    }
    return false;
  }
}
