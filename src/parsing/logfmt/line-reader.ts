import { Kind, MAX_NAME_BYTES } from '../../model/kind.js';
import { uniqueHash } from '../../model/unique-hash.js';
import { BYTES } from '../memory.js';
import type { Interner } from '../aggregate/interner.js';
import type { ParseOptions } from '../parsed-drain.js';
import type { LossCode } from '../message/loss-notice.js';
import { isDigit } from '../message/syslog.js';
import { PendingMetrics } from './pending-metrics.js';
import { type PlatformName, PlatformNames } from './platform-names.js';
import type { Tally } from '../tally.js';
import { ascii, isText, standsAt } from './text-match.js';
import { byteSet, Tuples, unescape } from './tuples.js';
import { Value } from './value.js';

const bytes = BYTES;

const HASH = 0x23;
const POINT = 0x2e;
const LOWER_B = 0x62;
const LOWER_C = 0x63;
const LOWER_M = 0x6d;
const LOWER_S = 0x73;
const LOWER_U = 0x75;

const MEASURE = ascii('measure');
const COUNT = ascii('count#');
const SAMPLE = ascii('sample#');
const UNIQUE = ascii('unique#');
const SOURCE = ascii('source');

/** First bytes of the keys that count on a line, and of those that count on a router's too. */
const INITIALS = byteSet('mcsu');
const ROUTER_INITIALS = { none: byteSet('mcsub'), dyno: byteSet('mcsubd'), host: byteSet('mcsubh') } as const;

const CONNECT = ascii('connect');
const SERVICE = ascii('service');
const BYTES_SENT = ascii('bytes');
const STATUS = ascii('status');
const CODE = ascii('code');

/** The key of a router line whose value is its source, by the drain's `router-source`. */
const ROUTER_SOURCE_KEYS = { none: SOURCE, dyno: ascii('dyno'), host: ascii('host') } as const;

/** The names that a line's metrics, sources and units are interned by. */
export interface Interners {
  readonly names: Interner;
  readonly sources: Interner;
  readonly units: Interner;
}

/**
 * Reads the text of one line: `measure#NAME=V`, `measure.NAME=V`, `count#NAME=V`, `sample#NAME=V`, `unique#NAME=STRING`,
 * `source=S`, and on a router's line `connect`, `service` and `bytes`.
 */
export class LineReader {
  /** The line's metrics, in order. */
  readonly metrics = new PendingMetrics();
  /** The line's source, interned. */
  source = 0;
  /** Whether the source and its prefix are too long together: none of the line's metrics then counts. */
  isSourceTooLong = false;

  private readonly tuples = new Tuples();
  private readonly value = new Value();
  private namePrefixBytes = 0;
  private sourcePrefixBytes = 0;
  private routerSourceKey: Uint8Array = SOURCE;
  private routerInitials: Uint8Array = INITIALS;
  private readonly names: PlatformNames;
  private platform = false;

  private isRouter = false;
  private hasSource = false;

  constructor(
    private readonly interners: Interners,
    private readonly tally: Tally,
  ) {
    this.names = new PlatformNames(interners.names);
  }

  /**
   * Before each body, and after the interners'.
   *
   * @param namePrefixBytes, sourcePrefixBytes lengths of the drain's prefixes with their dots
   */
  begin(
    bodyEnd: number,
    { routerSource, platform }: Pick<ParseOptions, 'routerSource' | 'platform'>,
    namePrefixBytes: number,
    sourcePrefixBytes: number,
  ): void {
    this.metrics.begin();
    this.routerSourceKey = ROUTER_SOURCE_KEYS[routerSource];
    this.routerInitials = ROUTER_INITIALS[routerSource];
    this.namePrefixBytes = namePrefixBytes;
    this.sourcePrefixBytes = sourcePrefixBytes;
    this.platform = platform;
    this.names.begin(bodyEnd, platform);
  }

  /**
   * Adds what the platform says of an error, once the line is {@link read}: `Error R14 (Memory quota exceeded)`, and how many
   * messages a loss notice is about.
   *
   * @param codeAt where the code begins
   */
  addError(codeAt: number, end: number, lossCode: LossCode | undefined, lost: number): void {
    let codeEnd = codeAt;
    while (codeEnd < end && isAlphanumeric(bytes[codeEnd]!)) codeEnd++;
    const name = this.names.error(codeAt, codeEnd);
    if (name) this.count(name, 1, codeAt);
    if (lossCode !== undefined && lost > 0) this.count(this.names.lost[lossCode], lost, codeAt);
  }

  /** Reads the text bytes[at..end). @param isRouter whether Heroku's router wrote it */
  read(at: number, end: number, isRouter: boolean): void {
    const { tuples } = this;
    this.metrics.count = 0;
    this.isRouter = isRouter;
    this.hasSource = false;
    this.source = 0;
    this.isSourceTooLong = this.isTooLongWithPrefix(0);
    tuples.begin(at, end, isRouter ? this.routerInitials : INITIALS);
    while (tuples.next()) this.readTuple();
  }

  /** A key's bytes decide by themselves that it is long enough: what does not belong to it would not compare equal. */
  private readTuple(): void {
    const { keyAt } = this.tuples;
    const initial = bytes[keyAt];
    if (initial === LOWER_M) {
      const last = bytes[keyAt + 7];
      if ((last === HASH || last === POINT) && standsAt(keyAt, MEASURE)) {
        return this.readMetric(Kind.measure, keyAt + 8);
      }
    } else if (initial === LOWER_C) {
      if (bytes[keyAt + 5] === HASH && standsAt(keyAt, COUNT)) return this.readMetric(Kind.count, keyAt + 6);
    } else if (initial === LOWER_S) {
      if (bytes[keyAt + 6] === HASH && standsAt(keyAt, SAMPLE)) return this.readMetric(Kind.sample, keyAt + 7);
    } else if (initial === LOWER_U) {
      if (bytes[keyAt + 6] === HASH && standsAt(keyAt, UNIQUE)) return this.readMetric(Kind.unique, keyAt + 7);
    }
    if (this.isRouter) this.readRouterTuple(initial!);
    else if (initial === LOWER_S && this.isKey(SOURCE)) this.readSource();
  }

  private readRouterTuple(initial: number): void {
    const { valueAt, valueEnd } = this.tuples;
    if (initial === LOWER_C) {
      if (this.isKey(CONNECT)) this.readRouterValue(this.names.connect);
      else if (this.platform && this.isKey(CODE)) this.countRouterLine(this.names.error(valueAt, valueEnd));
    } else if (initial === LOWER_B) {
      if (this.isKey(BYTES_SENT)) this.readRouterValue(this.names.bytes);
    } else if (initial === LOWER_S && this.isKey(SERVICE)) {
      this.readRouterValue(this.names.service);
    } else if (initial === LOWER_S && this.platform && this.isKey(STATUS)) {
      this.countRouterLine(this.names.status(valueAt, valueEnd));
    } else if (initial === this.routerSourceKey[0] && this.isKey(this.routerSourceKey)) {
      this.readSource();
    }
  }

  private isKey(key: Uint8Array): boolean {
    return isText(this.tuples.keyAt, this.tuples.keyEnd, key);
  }

  private readMetric(kind: Kind, nameAt: number): void {
    const { keyAt, keyEnd } = this.tuples;
    if (nameAt === keyEnd) return this.tally.measurement(keyAt, 'name-empty');
    if (this.namePrefixBytes + keyEnd - nameAt > MAX_NAME_BYTES) return this.tally.measurement(keyAt, 'name-too-long');
    const name = this.interners.names.intern(nameAt, keyEnd);
    if (kind === Kind.unique) this.readString(name);
    else this.readValue(kind, name);
  }

  /** H-errors have no times: their empty values are no measurements. */
  private readRouterValue(name: PlatformName): void {
    const { keyAt, valueAt, valueEnd } = this.tuples;
    if (valueAt === valueEnd) return;
    if (this.isNameTooLong(name)) return this.tally.measurement(keyAt, 'name-too-long');
    this.readValue(Kind.measure, name.id);
  }

  private countRouterLine(name: PlatformName | undefined): void {
    if (name) this.count(name, 1, this.tuples.keyAt);
  }

  private count(name: PlatformName, by: number, offset: number): void {
    if (this.isNameTooLong(name)) return this.tally.measurement(offset, 'name-too-long');
    this.metrics.push(Kind.count, name.id, 0, by, offset);
  }

  private isNameTooLong(name: PlatformName): boolean {
    return this.namePrefixBytes + name.bytes > MAX_NAME_BYTES;
  }

  /** No value means 1. */
  private readValue(kind: Kind, name: number): void {
    const { keyAt, valueAt, valueEnd } = this.tuples;
    if (valueAt === valueEnd) return this.metrics.push(kind, name, 0, 1, keyAt);
    const { value } = this;
    const rejection = value.read(valueAt, valueEnd);
    if (rejection !== undefined) return this.tally.measurement(keyAt, rejection);
    const unit = this.interners.units.intern(value.unitAt, valueEnd);
    this.metrics.push(kind, name, unit, value.number, keyAt);
  }

  /** A string counts by its hash, which is kept like a value. None is no string. */
  private readString(name: number): void {
    const { keyAt, valueAt, valueEnd, isQuoted } = this.tuples;
    const end = isQuoted ? unescape(valueAt, valueEnd) : valueEnd;
    if (valueAt === end) return this.tally.measurement(keyAt, 'value-malformed');
    this.metrics.push(Kind.unique, name, 0, uniqueHash(bytes, valueAt, end), keyAt);
  }

  /** The first source of a line is its source, even an empty one. The word alone is none. */
  private readSource(): void {
    const { keyEnd, valueAt, valueEnd, isQuoted } = this.tuples;
    if (this.hasSource || valueAt === keyEnd) return;
    this.hasSource = true;
    const end = isQuoted ? unescape(valueAt, valueEnd) : valueEnd;
    this.isSourceTooLong = this.isTooLongWithPrefix(end - valueAt);
    if (!this.isSourceTooLong) this.source = this.interners.sources.intern(valueAt, end);
  }

  /** Where there is no source its prefix stands alone, without a dot. */
  private isTooLongWithPrefix(sourceBytes: number): boolean {
    const prefixBytes = sourceBytes === 0 ? this.sourcePrefixBytes - 1 : this.sourcePrefixBytes;
    return prefixBytes + sourceBytes > MAX_NAME_BYTES;
  }
}

function isAlphanumeric(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}
