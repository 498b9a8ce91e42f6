import { OctetFrames } from './framing/octet-frames.js';
import { Lines } from './framing/lines.js';
import type { Engine } from './engine.js';
import { load } from './memory.js';
import { afterByteOrderMark } from './message/header.js';
import type { Framing, ParsedDrain, ParseOptions, Rejection } from './parsed-drain.js';
import { ScriptEngine } from './script-engine.js';
import { Tally } from './tally.js';
import { wasmEngine } from './wasm/wasm-engine.js';

export type { Framing, ParsedDrain, ParsedWindow, ParseOptions, Rejection } from './parsed-drain.js';

/** Which engine reads: the fast one, where the machine can run it, or the other. */
export type EngineName = 'wasm' | 'script';

/**
 * Reads request bodies: bytes → messages → measurements → window batches. One a process, used again for every body, so that
 * in the steady state nothing is allocated for a line; not reentrant. No body makes it throw but one that is too large.
 */
export class DrainParser {
  private readonly tally = new Tally();
  private readonly frames = new OctetFrames(this.tally);
  private readonly lines = new Lines();
  private readonly fast: Engine | undefined;
  private script: ScriptEngine | undefined;

  /**
   * @param hashSeed from 0 to below 2⁵³; seeds the hash tables, so that nobody can send keys that collide; random in production
   * @param engine the fast one unless a test says otherwise
   */
  constructor(
    private readonly hashSeed: number,
    engine: EngineName = 'wasm',
  ) {
    this.fast = engine === 'wasm' ? wasmEngine(hashSeed) : undefined;
  }

  /**
   * Reads one body.
   *
   * @param nowMs what a line without a usable time counts as, ms since the epoch
   * @throws RangeError if the body is longer than MAX_BODY_BYTES (memory.ts)
   */
  parse(body: Uint8Array, framing: Framing, options: ParseOptions, nowMs: number): ParsedDrain {
    // The fast one has room for as much as a well-behaved body holds; the other takes any.
    const parsed = this.fast && this.parseWith(this.fast, body, framing, options, nowMs);
    return parsed ?? this.parseWith(this.scriptEngine(), body, framing, options, nowMs)!;
  }

  private parseWith(
    engine: Engine,
    body: Uint8Array,
    framing: Framing,
    options: ParseOptions,
    nowMs: number,
  ): ParsedDrain | undefined {
    const loaded = load(body);
    this.tally.begin();
    engine.begin(body.length, options, nowMs, this.tally);
    if (!this.readMessages(engine, loaded, framing)) return undefined;
    const { byKind } = engine;
    return {
      windows: engine.encode(),
      messages: engine.messages,
      measurements: byKind[0] + byKind[1] + byKind[2] + byKind[3],
      measurementsByKind: byKind,
      rejectedFrames: this.tally.frames,
      rejectedMeasurements: this.tally.measurements,
      rejected: this.tally.listed,
      firstRejections: this.tally.firsts,
      lossNotices: engine.lossNotices,
      unreadable: this.unreadable(engine.messages),
    };
  }

  /** @returns whether the engine had room for all of it */
  private readMessages(engine: Engine, body: Buffer, framing: Framing): boolean {
    const { frames, lines } = this;
    const from = afterByteOrderMark(0, body.length);
    frames.begin(from, body.length);
    if (framing === 'octet-counted' || frames.isStart(from)) {
      do {
        const stoppedAt = engine.frames(frames.at, body.length, frames.tailAt);
        if (stoppedAt === undefined) return false;
        frames.at = stoppedAt;
        if (!frames.next()) return true;
      } while (engine.message(frames.start, frames.end));
      return false;
    } else {
      lines.begin(body, from);
      while (lines.next()) if (!engine.message(lines.start, lines.end)) return false;
      return true;
    }
  }

  private scriptEngine(): ScriptEngine {
    return (this.script ??= new ScriptEngine(this.hashSeed));
  }

  /** What stood in the way, if nothing was read though there was something: a body of blanks alone is no damage. */
  private unreadable(messages: number): Rejection | undefined {
    return messages === 0 ? this.tally.listed[0] : undefined;
  }
}
