import type { Kind } from '../model/kind.js';
import { Interner } from './aggregate/interner.js';
import { prefixBytes } from './aggregate/batch-texts.js';
import { Register } from './aggregate/register.js';
import { WindowEncoder } from './aggregate/window-encoder.js';
import { WindowTable } from './aggregate/window-table.js';
import type { Engine, LossNotices } from './engine.js';
import { LineReader } from './logfmt/line-reader.js';
import { MetricPrefilter } from './logfmt/metric-prefilter.js';
import { ascii, isText, standsAt } from './logfmt/text-match.js';
import { BYTES, fence } from './memory.js';
import { Header } from './message/header.js';
import { lossCode, messagesLost } from './message/loss-notice.js';
import { Timestamp } from './message/timestamp.js';
import type { ParsedWindow, ParseOptions } from './parsed-drain.js';
import { Tally } from './tally.js';

const ROUTER = ascii('router');
const HEROKU = ascii('heroku');
const ERROR = ascii('Error ');
const SPACE = 0x20;

/** Reads messages in TypeScript: whatever they are, on any machine, with nothing allocated for a line in the steady state. */
export class ScriptEngine implements Engine {
  messages = 0;
  lossNotices: LossNotices = { L10: 0, L12: 0, L13: 0 };

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
  private namePrefix: Uint8Array = new Uint8Array(0);
  private sourcePrefix: Uint8Array = new Uint8Array(0);
  private nowMs = 0;
  private tally = new Tally();
  private platform = false;

  /** @param hashSeed seeds the hash tables, so that nobody can send keys that collide */
  constructor(hashSeed: number) {
    this.names = new Interner(hashSeed);
    this.sources = new Interner(hashSeed);
    this.units = new Interner(hashSeed);
    this.line = new LineReader({ names: this.names, sources: this.sources, units: this.units });
    this.register = new Register(hashSeed);
    this.encoder = new WindowEncoder(this.register, this.names, this.sources, this.units);
  }

  get byKind(): Record<Kind, number> {
    return this.register.byKind;
  }

  begin(bodyBytes: number, options: ParseOptions, nowMs: number, tally: Tally): void {
    this.tally = tally;
    this.namePrefix = prefixBytes(options.prefix);
    this.sourcePrefix = prefixBytes(options.sourcePrefix);
    this.prefilter.begin(bodyBytes);
    this.names.begin();
    this.sources.begin();
    this.units.begin();
    this.line.begin(bodyBytes, options, this.namePrefix.length, this.sourcePrefix.length, tally);
    this.platform = options.platform;
    this.windows.begin(options.resolutionSeconds);
    this.register.begin();
    this.nowMs = nowMs;
    this.messages = 0;
    this.lossNotices = { L10: 0, L12: 0, L13: 0 };
  }

  frames(at: number): number {
    return at;
  }

  message(start: number, end: number): boolean {
    this.messages++;
    const held = fence(end);
    this.readFenced(start, end);
    BYTES[end] = held;
    return true;
  }

  encode(): ParsedWindow[] {
    return this.encoder.encode(this.windows, this.namePrefix, this.sourcePrefix);
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
}
