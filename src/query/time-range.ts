import { badParameter, type Parameters } from './parameters.js';

const SECONDS_IN = { s: 1, m: 60, h: 3600 } as const;

/** RFC 3339, whose time may be left out, or its zone, which then is UTC. A `+` in a query may have become a space. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[-+ ]\d\d:\d\d)?)?$/i;

/** Later instants are no seconds but milliseconds. */
const SECONDS_MAX = 1e11;

const ALLOWED = 'seconds since the epoch, a time as 2026-11-29T12:00:00Z, or one before now as -90s, -15m or -1h';

/** An instant as a request names it, once it is known what time it is. @returns s since the epoch */
export type Instant = (nowSeconds: number) => number;

/** From when to when windows have to start; undefined where a request leaves that open. */
export interface TimeRange {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

/** @throws HttpError 400 */
export function timeRangeOf(parameters: Parameters): TimeRange {
  return { from: instantOf('from', parameters), to: instantOf('to', parameters) };
}

function instantOf(parameter: string, parameters: Parameters): Instant | undefined {
  const text = parameters.one(parameter)?.trim();
  if (text === undefined) return undefined;
  const instant = readInstant(text);
  if (!instant) throw badParameter(parameter, text, ALLOWED);
  return instant;
}

/** An instant; undefined if it cannot be read. */
export function readInstant(text: string): Instant | undefined {
  if (text === 'now') return (nowSeconds) => nowSeconds;
  const ago = /^-(\d{1,9}(?:\.\d+)?)([smh])$/.exec(text);
  if (ago) {
    const seconds = Number(ago[1]) * SECONDS_IN[ago[2] as keyof typeof SECONDS_IN];
    return (nowSeconds) => nowSeconds - seconds;
  }
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Number(text) < SECONDS_MAX ? () => Number(text) : undefined;
  const iso = ISO.exec(text);
  if (!iso) return undefined;
  const [, day, time = '00:00', zone = 'Z'] = iso;
  const at = Date.parse(`${day}T${time}${zone.replace(' ', '+')}`) / 1000;
  return Number.isNaN(at) ? undefined : () => at;
}
