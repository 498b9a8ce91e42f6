import { readFileSync } from 'node:fs';
import { Kind } from '../../model/kind.js';
import { prefixBytes } from '../aggregate/batch-texts.js';
import type { Texts } from '../aggregate/interner.js';
import { type Buckets, SLOT } from '../aggregate/register.js';
import { WindowEncoder } from '../aggregate/window-encoder.js';
import { type OpenWindow, WindowTable } from '../aggregate/window-table.js';
import type { Engine, LossNotices } from '../engine.js';
import { MEMORY } from '../memory.js';
import type { ParsedWindow, ParseOptions } from '../parsed-drain.js';
import { MEASUREMENT_REJECTIONS } from '../rejections.js';
import { Tally } from '../tally.js';
import * as at from './layout.js';

/** What assembly/index.ts exports. */
interface Scanner {
  seed(low: number, high: number): void;
  begin(
    routerSource: number,
    platform: number,
    namePrefixBytes: number,
    sourcePrefixBytes: number,
    resolutionSeconds: number,
    nowMs: number,
  ): void;
  frames(at: number, limit: number, tailAt: number): number;
  message(start: number, end: number): number;
  beginBatches(namePrefixBytes: number, sourcePrefixBytes: number): void;
  encodeBatch(window: number): number;
}

const ROUTER_SOURCES = { none: 0, dyno: 1, host: 2 } as const;
const LOSS_CODES = ['L10', 'L12', 'L13'] as const;

const { buffer } = MEMORY;
const ints = (from: number, length: number): Int32Array => new Int32Array(buffer, from, length);
const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, from, length);

const STATE = ints(at.STATE_AT, 16);
const SLOT_COUNT = at.STATE_SLOT_COUNT / 4;
const VALUE_COUNT = at.STATE_VALUE_COUNT / 4;
const MESSAGES = at.STATE_MESSAGES / 4;
const BY_KIND = at.STATE_BY_KIND / 4;
const NAME_PREFIX = new Uint8Array(buffer, at.NAME_PREFIX_AT, at.PREFIX_BYTES_MAX);
const SOURCE_PREFIX = new Uint8Array(buffer, at.SOURCE_PREFIX_AT, at.PREFIX_BYTES_MAX);
const OUTPUT = new Uint8Array(buffer, at.OUTPUT_AT, at.OUTPUT_BYTES_MAX);
const WINDOW_MEASUREMENTS = ints(at.WINDOW_MEASUREMENTS_AT, at.WINDOWS_MAX);
const WINDOW_FIRST_SLOTS = ints(at.WINDOW_FIRST_SLOTS_AT, at.WINDOWS_MAX);
const WINDOW_LAST_SLOTS = ints(at.WINDOW_LAST_SLOTS_AT, at.WINDOWS_MAX);

let engine: WasmEngine | undefined;

/**
 * The engine of this process, seeded anew; undefined where WebAssembly has no SIMD. There is one, since its tables are where
 * bodies are: in the memory that all share.
 */
export function wasmEngine(hashSeed: number): Engine | undefined {
  const code = readFileSync(new URL('./scanner.wasm', import.meta.url));
  if (!WebAssembly.validate(code)) return undefined;
  engine ??= new WasmEngine(code);
  engine.seed(hashSeed);
  return engine;
}

/** Reads messages in WebAssembly (assembly/), the same as ScriptEngine and several times as fast. Its tables have bounds. */
class WasmEngine implements Engine {
  lossNotices: LossNotices = { L10: 0, L12: 0, L13: 0 };

  private readonly scanner: Scanner;
  private readonly windows = new WindowTable();
  private readonly encoder = new WindowEncoder(new WasmBuckets(), new WasmTexts(0), new WasmTexts(1), new WasmTexts(2));
  private tally = new Tally();
  private namePrefix: Uint8Array = new Uint8Array(0);
  private sourcePrefix: Uint8Array = new Uint8Array(0);
  private windowCount = 0;

  constructor(code: Uint8Array) {
    const host = {
      numberOf: (from: number, end: number): number => Number(Buffer.from(buffer, from, end - from).toString('latin1')),
      reject: (offset: number, reason: number): void => this.tally.measurement(offset, MEASUREMENT_REJECTIONS[reason]!),
      openWindow: (seconds: number): number => this.openWindow(seconds),
      lost: (code: number, messages: number): void => void (this.lossNotices[LOSS_CODES[code]!] += messages),
    };
    const module = new WebAssembly.Module(code);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: MEMORY }, host });
    this.scanner = exports as unknown as Scanner;
  }

  /** What the hashes start from. Forgets all texts. */
  seed(hashSeed: number): void {
    this.scanner.seed(hashSeed, hashSeed / 2 ** 32);
  }

  get byKind(): Record<Kind, number> {
    return [STATE[BY_KIND]!, STATE[BY_KIND + 1]!, STATE[BY_KIND + 2]!, STATE[BY_KIND + 3]!];
  }

  begin(_bodyBytes: number, options: ParseOptions, nowMs: number, tally: Tally): void {
    this.tally = tally;
    this.lossNotices = { L10: 0, L12: 0, L13: 0 };
    this.namePrefix = prefixBytes(options.prefix);
    this.sourcePrefix = prefixBytes(options.sourcePrefix);
    NAME_PREFIX.set(this.namePrefix);
    SOURCE_PREFIX.set(this.sourcePrefix);
    this.windows.begin(options.resolutionSeconds);
    this.windowCount = 0;
    this.scanner.begin(
      ROUTER_SOURCES[options.routerSource],
      options.platform ? 1 : 0,
      this.namePrefix.length,
      this.sourcePrefix.length,
      options.resolutionSeconds,
      nowMs,
    );
  }

  get messages(): number {
    return STATE[MESSAGES]!;
  }

  frames(from: number, limit: number, tailAt: number): number | undefined {
    const stoppedAt = this.scanner.frames(from, limit, tailAt);
    return stoppedAt < 0 || this.windowCount > at.WINDOWS_MAX ? undefined : stoppedAt;
  }

  message(start: number, end: number): boolean {
    return this.scanner.message(start, end) !== 0 && this.windowCount <= at.WINDOWS_MAX;
  }

  encode(): ParsedWindow[] {
    const windows = this.windows.ascending();
    // Windows that hold sets, or too many values, or whose batches are too long.
    const others: OpenWindow[] = [];
    this.scanner.beginBatches(this.namePrefix.length, this.sourcePrefix.length);
    const encoded = windows.map((window) => {
      const { index, startSeconds } = window;
      const bytes = this.scanner.encodeBatch(index);
      const measurements = (window.measurements = WINDOW_MEASUREMENTS[index]!);
      if (bytes > 0) return { startSeconds, measurements, bytes: OUTPUT.slice(0, bytes) };
      window.firstSlot = WINDOW_FIRST_SLOTS[index]!;
      others.push(window);
      return undefined;
    });
    if (others.length === 0) return encoded as ParsedWindow[];
    // All in one pass over the body's values.
    const rest = this.encoder.encode({ ascending: () => others }, this.namePrefix, this.sourcePrefix).values();
    return encoded.map((window) => window ?? rest.next().value!);
  }

  /** Windows past the last that there is room for share its place: the body is read by another engine anyway. */
  private openWindow(seconds: number): number {
    const { index } = this.windows.at(seconds);
    if (index < this.windowCount) return Math.min(index, at.WINDOWS_MAX - 1);
    this.windowCount++;
    if (index >= at.WINDOWS_MAX) return at.WINDOWS_MAX - 1;
    WINDOW_MEASUREMENTS[index] = 0;
    WINDOW_FIRST_SLOTS[index] = WINDOW_LAST_SLOTS[index] = -1;
    return index;
  }
}

/** The register, as it lies in memory. */
class WasmBuckets implements Buckets {
  readonly slots = ints(at.SLOTS_AT, at.SLOTS_MAX * SLOT.width);
  readonly numbers = floats(at.SLOT_NUMBERS_AT, at.SLOTS_MAX);
  readonly times = floats(at.SLOT_TIMES_AT, at.SLOTS_MAX);
  readonly valueSlots = ints(at.VALUE_SLOTS_AT, at.VALUES_MAX);
  readonly values = floats(at.VALUES_AT, at.VALUES_MAX);

  get slotCount(): number {
    return STATE[SLOT_COUNT]!;
  }

  get valueCount(): number {
    return STATE[VALUE_COUNT]!;
  }
}

/** An interner, as it lies in memory. */
class WasmTexts implements Texts {
  readonly bytes: Uint8Array;
  private readonly state: Int32Array;
  private readonly entries: Int32Array;

  /** @param place 0: names, 1: sources, 2: units */
  constructor(place: number) {
    const begin = at.INTERNERS_AT + place * at.INTERNER_BYTES;
    this.bytes = new Uint8Array(buffer, begin + at.INTERNER_TEXTS, at.INTERNER_BYTES - at.INTERNER_TEXTS);
    this.entries = ints(begin + at.INTERNER_ENTRIES, (at.TEXTS_MAX * at.ENTRY_BYTES) / 4);
    this.state = ints(begin, 3);
  }

  startOf(id: number): number {
    return this.entries[(id * at.ENTRY_BYTES + at.ENTRY_WORD) / 4]! * 4;
  }

  lengthOf(id: number): number {
    return this.entries[(id * at.ENTRY_BYTES + at.ENTRY_LENGTH) / 4]!;
  }

  get size(): number {
    return this.state[at.INTERNER_SIZE / 4]!;
  }
}
