import type { Interner } from '../aggregate/interner.js';
import { BYTES } from '../memory.js';
import { isDigit } from '../message/syslog.js';
import { ascii } from './text-match.js';

const bytes = BYTES;

const HEROKU_ERRORS = ascii('heroku.errors.');

const UPPER_H = 0x48;
const UPPER_L = 0x4c;
const UPPER_R = 0x52;
const TWO = 0x32;
const FIVE = 0x35;

/** `H12`, `L10` and the like: more digits are no code. */
const CODE_BYTES_MAX = 4;

/** A name that the platform's lines are counted under, interned. */
export interface PlatformName {
  readonly id: number;
  readonly bytes: number;
}

const NONE: PlatformName = { id: 0, bytes: 0 };
const EMPTY = new Uint8Array(0);

/** Within the padding behind a body (memory.ts). */
const BEHIND_BYTES = 256;

const CONNECT = ascii('router.connect');
const SERVICE = ascii('router.service');
const BYTES_SENT = ascii('router.bytes');
const STATUSES = ['2xx', '3xx', '4xx', '5xx'].map((status) => ascii(`router.status.${status}`));
const L10 = ascii('logplex.l10');
const L12 = ascii('logplex.l12');
const L13 = ascii('logplex.l13');

/** The names of metrics that are made of the platform's own lines, as the numbers of an interner. */
export class PlatformNames {
  connect: PlatformName = NONE;
  service: PlatformName = NONE;
  bytes: PlatformName = NONE;
  /** Of messages lost, by the code of their notice. */
  lost = { L10: NONE, L12: NONE, L13: NONE };
  /** Of router lines, by the first digit of their status, from 2 on. */
  private statuses: readonly PlatformName[] = [];
  private bodyEnd = 0;

  constructor(private readonly names: Interner) {}

  /** Before each body, and after the interner's. @param platform whether more is counted than a router's times */
  begin(bodyEnd: number, platform: boolean): void {
    this.bodyEnd = bodyEnd;
    this.connect = this.intern(CONNECT);
    this.service = this.intern(SERVICE);
    this.bytes = this.intern(BYTES_SENT);
    if (!platform) return;
    this.statuses = STATUSES.map((name) => this.intern(name));
    this.lost = { L10: this.intern(L10), L12: this.intern(L12), L13: this.intern(L13) };
  }

  /** The name for a status; undefined if bytes[at..end) is none from 200 to 599. */
  status(at: number, end: number): PlatformName | undefined {
    const first = bytes[at]!;
    if (end - at !== 3 || first < TWO || first > FIVE || !isDigit(bytes[at + 1]!) || !isDigit(bytes[at + 2]!)) {
      return undefined;
    }
    return this.statuses[first - TWO];
  }

  /** The name for an error code of Heroku's; undefined if bytes[at..end) is none. */
  error(at: number, end: number): PlatformName | undefined {
    const first = bytes[at];
    if (end - at < 2 || end - at > CODE_BYTES_MAX) return undefined;
    if (first !== UPPER_H && first !== UPPER_L && first !== UPPER_R) return undefined;
    for (let i = at + 1; i < end; i++) if (!isDigit(bytes[i]!)) return undefined;
    return this.intern(HEROKU_ERRORS, bytes.subarray(at, end));
  }

  /**
   * The interner reads from where bodies are, so a name is put behind this one for it: far enough behind that nobody's look-ahead
   * or fence is in its way.
   */
  private intern(name: Uint8Array, suffix: Uint8Array = EMPTY): PlatformName {
    const at = this.bodyEnd + BEHIND_BYTES;
    const length = name.length + suffix.length;
    bytes.set(name, at);
    bytes.set(suffix, at + name.length);
    const id = this.names.intern(at, at + length);
    bytes.fill(0, at, at + length);
    return { id, bytes: length };
  }
}
