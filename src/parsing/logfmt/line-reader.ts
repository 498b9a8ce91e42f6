import { Kind, MAX_NAME_BYTES } from '../../model/kind.js';
import { uniqueHash } from '../../model/unique-hash.js';
import { BYTES, VIEW, wordOf } from '../memory.js';
import type { Interner } from '../aggregate/interner.js';
import type { ParseOptions } from '../parsed-drain.js';
import type { LossCode } from '../message/loss-notice.js';
import { isDigit } from '../message/syslog.js';
import { PendingMetrics } from './pending-metrics.js';
import { type PlatformName, PlatformNames } from './platform-names.js';
import { Tally } from '../tally.js';
import { closingQuote, keyEnd, separatorOrQuote } from './byte-scanner.js';
import { ascii, isText } from './text-match.js';
import { afterTuple, byteSet, SEPARATES, unescape } from './tuples.js';
import { Value } from './value.js';

const bytes = BYTES;
const view = VIEW;

const QUOTE = 0x22;
const EQUALS = 0x3d;
const LOWER_B = 0x62;
const LOWER_C = 0x63;
const LOWER_S = 0x73;

/** Beginnings and ends of the keys of metrics, as words: `meas` and `ure#`, and so on. */
const MEAS = wordOf('meas');
const URE_HASH = wordOf('ure#');
const URE_POINT = wordOf('ure.');
const COUN = wordOf('coun');
const UNT_HASH = wordOf('unt#');
const SAMP = wordOf('samp');
const PLE_HASH = wordOf('ple#');
const UNIQ = wordOf('uniq');
const QUE_HASH = wordOf('que#');

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

  private readonly value = new Value();
  /** The tuple at hand. */
  private keyAt = 0;
  private keyEnd = 0;
  /** Its value without quotes, still escaped; empty for a bare key. */
  private valueAt = 0;
  private valueEnd = 0;
  private isQuoted = false;
  private namePrefixBytes = 0;
  private sourcePrefixBytes = 0;
  private routerSourceKey: Uint8Array = SOURCE;
  private routerInitials: Uint8Array = INITIALS;
  private readonly names: PlatformNames;
  private platform = false;
  private tally = new Tally();

  private isRouter = false;
  private hasSource = false;

  constructor(private readonly interners: Interners) {
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
    tally: Tally,
  ): void {
    this.tally = tally;
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

  /**
   * Reads the text bytes[at..end), with a separator at `end`: `key=value`, `key="quoted \"value\""` and bare `key`, one after the
   * other; all but those whose first byte is that of a key that counts are passed over.
   *
   * Bytes up to 0x20 separate, and so does a quote that opens no value, so that `{"x":"measure#b=6"}` holds `measure#b=6`. A
   * quote opens a value only straight behind a key's `=`; one that is never closed is an ordinary byte, so that the rest of
   * the line still counts. Without quotes, a value ends before the next separator or quote and may contain `=`.
   *
   * @param isRouter whether Heroku's router wrote it
   */
  read(at: number, end: number, isRouter: boolean): void {
    this.metrics.count = 0;
    this.isRouter = isRouter;
    this.hasSource = false;
    this.source = 0;
    this.isSourceTooLong = this.sourcePrefixBytes > MAX_NAME_BYTES + 1;
    const initials = isRouter ? this.routerInitials : INITIALS;
    for (let i = at; ;) {
      while (SEPARATES[bytes[i]!] === 1) {
        if (i >= end) return;
        i++;
      }
      if (initials[bytes[i]!] === 0) {
        i = afterTuple(i, end);
        continue;
      }
      this.keyAt = i;
      // The first byte belongs to the key whatever it is: `="x"` opens no quote.
      i = keyEnd(i + 1);
      this.keyEnd = this.valueAt = this.valueEnd = i;
      this.isQuoted = false;
      if (bytes[i] === EQUALS) i = this.findValue(i + 1, end);
      this.readTuple();
    }
  }

  /** Finds the value behind a key's `=`. @returns where the tuple ends */
  private findValue(at: number, end: number): number {
    if (bytes[at] === QUOTE) {
      const closing = closingQuote(at + 1, end);
      this.isQuoted = closing >= 0;
      if (closing >= 0) {
        this.valueAt = at + 1;
        this.valueEnd = closing;
        return closing + 1;
      }
    }
    this.valueAt = at;
    // A quote that opens nothing is an ordinary byte here.
    return (this.valueEnd = separatorOrQuote(bytes[at] === QUOTE ? at + 1 : at));
  }

  /** A key's bytes decide by themselves that it is long enough: what does not belong to it would not compare equal. */
  private readTuple(): void {
    const { keyAt } = this;
    const begin = view.getInt32(keyAt, true);
    if (begin === MEAS) {
      const rest = view.getInt32(keyAt + 4, true);
      if (rest === URE_HASH || rest === URE_POINT) return this.readMetric(Kind.measure, keyAt + 8);
    } else if (begin === COUN) {
      if (view.getInt32(keyAt + 2, true) === UNT_HASH) return this.readMetric(Kind.count, keyAt + 6);
    } else if (begin === SAMP) {
      if (view.getInt32(keyAt + 3, true) === PLE_HASH) return this.readMetric(Kind.sample, keyAt + 7);
    } else if (begin === UNIQ) {
      if (view.getInt32(keyAt + 3, true) === QUE_HASH) return this.readMetric(Kind.unique, keyAt + 7);
    }
    if (this.isRouter) this.readRouterTuple(bytes[keyAt]!);
    else if (bytes[keyAt] === LOWER_S && this.isKey(SOURCE)) this.readSource();
  }

  private readRouterTuple(initial: number): void {
    const { valueAt, valueEnd } = this;
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
    return isText(this.keyAt, this.keyEnd, key);
  }

  private readMetric(kind: Kind, nameAt: number): void {
    const { keyAt, keyEnd } = this;
    if (nameAt === keyEnd) return this.tally.measurement(keyAt, 'name-empty');
    if (this.namePrefixBytes + keyEnd - nameAt > MAX_NAME_BYTES) return this.tally.measurement(keyAt, 'name-too-long');
    const name = this.interners.names.intern(nameAt, keyEnd);
    if (kind === Kind.unique) this.readString(name);
    else this.readValue(kind, name);
  }

  /** H-errors have no times: their empty values are no measurements. */
  private readRouterValue(name: PlatformName): void {
    const { keyAt, valueAt, valueEnd } = this;
    if (valueAt === valueEnd) return;
    if (this.isNameTooLong(name)) return this.tally.measurement(keyAt, 'name-too-long');
    this.readValue(Kind.measure, name.id);
  }

  private countRouterLine(name: PlatformName | undefined): void {
    if (name) this.count(name, 1, this.keyAt);
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
    const { keyAt, valueAt, valueEnd, value, metrics } = this;
    if (valueAt === valueEnd) return metrics.push(kind, name, 0, 1, keyAt);
    const rejection = value.read(valueAt, valueEnd);
    if (rejection !== undefined) return this.tally.measurement(keyAt, rejection);
    const unit = this.interners.units.internShort(value.unitAt, valueEnd);
    // Put there right here: handed to a call, a number like this may become an object on the way.
    const place = metrics.add(kind, name, unit, keyAt);
    metrics.values[place] = value.number;
  }

  /** A string counts by its hash, which is kept like a value. None is no string. */
  private readString(name: number): void {
    const { keyAt, valueAt, valueEnd, isQuoted } = this;
    const end = isQuoted ? unescape(valueAt, valueEnd) : valueEnd;
    if (valueAt === end) return this.tally.measurement(keyAt, 'value-malformed');
    this.metrics.push(Kind.unique, name, 0, uniqueHash(bytes, valueAt, end), keyAt);
  }

  /** The first source of a line is its source, even an empty one. The word alone is none. */
  private readSource(): void {
    const { keyEnd, valueAt, valueEnd, isQuoted } = this;
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
