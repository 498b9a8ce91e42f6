import { prefixBytes } from './aggregate/batch-texts.js';
import { afterByteOrderMark, Header } from './message/header.js';
import { Interner } from './aggregate/interner.js';
import { LineReader } from './logfmt/line-reader.js';
import { Lines } from './framing/lines.js';
import { lossCode, messagesLost } from './message/loss-notice.js';
import { MetricPrefilter } from './logfmt/metric-prefilter.js';
import { OctetFrames } from './framing/octet-frames.js';
import { BYTES, fence, load } from './memory.js';
import type { Framing, ParsedDrain, ParseOptions, Rejection } from './parsed-drain.js';
import { Register } from './aggregate/register.js';
import { Tally } from './tally.js';
import { ascii, isText, standsAt } from './logfmt/text-match.js';
import { Timestamp } from './message/timestamp.js';
import { WindowEncoder } from './aggregate/window-encoder.js';
import { WindowTable } from './aggregate/window-table.js';

export type { Framing, ParsedDrain, ParsedWindow, ParseOptions, Rejection } from './parsed-drain.js';

const ROUTER = ascii('router');
const HEROKU = ascii('heroku');
const ERROR = ascii('Error ');
const SPACE = 0x20;

/**
 * Reads request bodies: bytes → messages → measurements → window batches. One a process, used again for every body, so that
 * in the steady state nothing is allocated for a line; not reentrant. No body makes it throw but one that is too large.
 */
export class DrainParser {
  private readonly tally = new Tally();
  private readonly frames = new OctetFrames(this.tally);
  private readonly lines = new Lines();
  private readonly header = new Header();
  private readonly prefilter = new MetricPrefilter();
  private readonly names: Interner;
  private readonly sources: Interner;
  private readonly units: Interner;
  private readonly line: LineReader;
  private readonly timestamp = new Timestamp();
  private readonly windows = new WindowTable();
  private readonly register: Register;
  private readonly encoder: WindowEncoder;

  private body: Buffer = Buffer.alloc(0);
  private nowMs = 0;
  private platform = false;
  private messages = 0;
  private lossNotices = { L10: 0, L12: 0, L13: 0 };

  /** @param hashSeed seeds the hash tables, so that nobody can send keys that collide; random in production */
  constructor(hashSeed: number) {
    this.names = new Interner(hashSeed);
    this.sources = new Interner(hashSeed);
    this.units = new Interner(hashSeed);
    this.line = new LineReader({ names: this.names, sources: this.sources, units: this.units }, this.tally);
    this.register = new Register(hashSeed);
    this.encoder = new WindowEncoder(this.register, this.names, this.sources, this.units);
  }

  /**
   * Reads one body.
   *
   * @param nowMs what a line without a usable time counts as, ms since the epoch
   * @throws RangeError if the body is longer than MAX_BODY_BYTES (memory.ts)
   */
  parse(body: Uint8Array, framing: Framing, options: ParseOptions, nowMs: number): ParsedDrain {
    const namePrefix = prefixBytes(options.prefix);
    const sourcePrefix = prefixBytes(options.sourcePrefix);
    this.begin(body, options, namePrefix.length, sourcePrefix.length, nowMs);
    this.readMessages(framing);
    const { byKind } = this.register;
    return {
      windows: this.encoder.encode(this.windows, namePrefix, sourcePrefix),
      messages: this.messages,
      measurements: byKind[0] + byKind[1] + byKind[2] + byKind[3],
      measurementsByKind: byKind,
      rejectedFrames: this.tally.frames,
      rejectedMeasurements: this.tally.measurements,
      rejected: this.tally.listed,
      firstRejections: this.tally.firsts,
      lossNotices: this.lossNotices,
      unreadable: this.unreadable(),
    };
  }

  private begin(
    body: Uint8Array,
    options: ParseOptions,
    namePrefixBytes: number,
    sourcePrefixBytes: number,
    nowMs: number,
  ): void {
    this.body = load(body);
    this.tally.begin();
    this.prefilter.begin(this.body);
    this.names.begin();
    this.sources.begin();
    this.units.begin();
    this.line.begin(body.length, options, namePrefixBytes, sourcePrefixBytes);
    this.platform = options.platform;
    this.windows.begin(options.resolutionSeconds);
    this.register.begin();
    this.nowMs = nowMs;
    this.messages = 0;
    this.lossNotices = { L10: 0, L12: 0, L13: 0 };
  }

  private readMessages(framing: Framing): void {
    const { length } = this.body;
    const from = afterByteOrderMark(0, length);
    this.frames.begin(from, length);
    if (framing === 'octet-counted' || this.frames.isStart(from)) {
      while (this.frames.next()) this.readMessage(this.frames.start, this.frames.end);
    } else {
      this.lines.begin(this.body, from);
      while (this.lines.next()) this.readMessage(this.lines.start, this.lines.end);
    }
  }

  private readMessage(start: number, end: number): void {
    this.messages++;
    const held = fence(end);
    this.readFenced(start, end);
    BYTES[end] = held;
  }

  private readFenced(start: number, end: number): void {
    const { header } = this;
    header.read(start, end);
    const { procIdAt, procIdEnd, textAt } = header;

    const code = lossCode(procIdAt, procIdEnd, textAt);
    const lost = code === undefined ? 0 : messagesLost(textAt, end);
    if (code !== undefined) this.lossNotices[code] += lost;

    const isRouter = isText(procIdAt, procIdEnd, ROUTER);
    const isError = this.platform && standsAt(textAt, ERROR) && (code !== undefined || this.isFromHeroku());
    if (!isRouter && !isError && !this.prefilter.mayHoldMetric(textAt, end)) return;
    this.line.read(textAt, end, isRouter);
    if (isError) this.line.addError(textAt + ERROR.length, end, code, lost);
    if (this.line.metrics.count > 0) this.registerLine();
  }

  /** What an app prints comes under another name: it cannot make up an error of the platform's. */
  private isFromHeroku(): boolean {
    const at = this.header.appNameEnd - HEROKU.length;
    return at > 0 && BYTES[at - 1] === SPACE && standsAt(at, HEROKU);
  }

  /** The line's time is read only now that it is needed. */
  private registerLine(): void {
    const { line, header, timestamp } = this;
    if (line.isSourceTooLong) {
      const { offsets, count } = line.metrics;
      for (let i = 0; i < count; i++) this.tally.measurement(offsets[i]!, 'source-too-long');
      return;
    }
    const isTimed = timestamp.read(header.timeAt, header.timeEnd);
    const seconds = isTimed ? timestamp.seconds : Math.floor(this.nowMs / 1000);
    const atUs = isTimed ? timestamp.seconds * 1_000_000 + timestamp.micros : this.nowMs * 1000;
    this.register.addLine(line.metrics, line.source, this.windows.at(seconds), atUs);
  }

  /** What stood in the way, if nothing was read though there was something: a body of blanks alone is no damage. */
  private unreadable(): Rejection | undefined {
    return this.messages === 0 ? this.tally.listed[0] : undefined;
  }
}
