const PREFIXES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** A number for eyes: three or four digits that count. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-3)) return value.toExponential(2);
  const [scale, prefix] = PREFIXES.find(([least]) => size >= Math.max(least, 1e4)) ?? [1, ''];
  const scaled = value / scale;
  const digits = Math.abs(scaled) >= 100 ? 1 : Math.abs(scaled) >= 10 ? 2 : 3;
  return `${Number(scaled.toFixed(digits))}${prefix}`;
}

/** A value with its unit. */
export function withUnit(value: number, unit: string): string {
  return unit === '' ? shortNumber(value) : `${shortNumber(value)}\u202f${unit}`;
}

/** Whole numbers with thousands apart. */
export function wholeNumber(value: number): string {
  return value.toLocaleString('en-GB');
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** Local time of day. @param atMs ms since the epoch */
export function timeOfDay(atMs: number): string {
  return CLOCK.format(atMs);
}

/** A span of time, roughly. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds}\u202fs`;
  return `${Math.round(seconds / 60)}\u202fmin`;
}
