import { readFileSync } from 'node:fs';

/** First second of the bundled log. */
const LOG_START = Date.parse('2026-03-04T10:15:00Z') / 1000;

/** What is sent in one request: the lines of one window. */
export interface Slot {
  /** Times of day in the bundled log. */
  readonly from: string;
  readonly to: string;
  /** Octet-counted, as Logplex sends it. */
  readonly body: Buffer;
}

/**
 * The bundled log, cut into windows and moved in time.
 *
 * @param startSeconds where its first second is moved to, s since the epoch
 */
export function busyMinute(startSeconds: number, resolutionSeconds: number): Slot[] {
  const lines = readFileSync(new URL('busy-minute.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  const slots = new Map<number, Buffer[]>();
  for (const line of lines) {
    const time = / (\d{4}-\d\d-\d\dT\S+) /.exec(line)![1]!;
    const at = Date.parse(time) / 1000 - LOG_START;
    const moved = new Date((startSeconds + at) * 1000).toISOString().replace('Z', '+00:00');
    const slot = Math.floor(at / resolutionSeconds);
    const frames = slots.get(slot) ?? [];
    slots.set(slot, [...frames, frame(line.replace(time, moved))]);
  }
  return [...slots].map(([slot, frames]) => ({
    from: timeOfDay(LOG_START + slot * resolutionSeconds),
    to: timeOfDay(LOG_START + (slot + 1) * resolutionSeconds),
    body: Buffer.concat(frames),
  }));
}

/** A line as a frame. The one that stands with a count of its own in the log goes out as it is: the count is wrong. */
function frame(line: string): Buffer {
  const message = Buffer.from(`${line}\n`);
  return line.startsWith('<') ? Buffer.concat([Buffer.from(`${message.length} `), message]) : message;
}

function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}
