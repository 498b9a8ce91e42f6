import { setImmediate as nextTurn } from 'node:timers/promises';
import { type MetricPoint, QUANTILES } from '../../model/metric-point.js';
import { shownText } from '../../model/shown-text.js';

/** Longer names and sources are cut, so that a table stays one. */
const TEXT_LENGTH_MAX = 60;

/** Digits of a number that is not whole. */
const DIGITS = 6;

const COLUMNS = [
  'name',
  'source',
  'kind',
  'unit',
  'count',
  'sum',
  'min',
  'max',
  ...QUANTILES.map(({ suffix }) => suffix.replace('perc', 'p')),
  'last',
  'unique',
] as const;

/** Columns up to this one hold text, the others numbers. */
const TEXT_COLUMNS = 4;

/** Rows from one turn of the event loop to the next: a few ms. */
const ROWS_AT_ONCE = 500;

/** The points of one window (at least one) as lines: a heading with its times, a row a point sorted by name. */
export async function windowTable(points: readonly MetricPoint[]): Promise<string> {
  const rows = await mapped(points, rowOf);
  rows.sort((a, b) => compare(a[0]!, b[0]!) || compare(a[1]!, b[1]!));
  const used = COLUMNS.map((_, column) => column === 0 || rows.some((row) => row[column] !== ''));
  const widths = COLUMNS.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]!.length), title.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column < TEXT_COLUMNS ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .filter((_, column) => used[column])
      .join('  ')
      .trimEnd();
  return ['', heading(points), line(COLUMNS), ...(await mapped(rows, line)), ''].join('\n');
}

/** `map` with turns of the event loop in between: a table may have a million rows. */
async function mapped<T, U>(items: readonly T[], by: (item: T) => U): Promise<U[]> {
  const results: U[] = [];
  for (const item of items) {
    if (results.length % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await nextTurn();
    results.push(by(item));
  }
  return results;
}

function heading(points: readonly MetricPoint[]): string {
  const { startSeconds, resolutionSeconds } = points[0]!.window;
  const from = new Date(startSeconds * 1000).toISOString();
  const to = new Date((startSeconds + resolutionSeconds) * 1000).toISOString();
  const count = points.length === 1 ? '1 metric' : `${points.length} metrics`;
  return `${from.slice(0, 10)} ${from.slice(11, 19)}–${to.slice(11, 19)} UTC, ${resolutionSeconds} s, ${count}`;
}

function shown(text: string): string {
  return shownText(text, TEXT_LENGTH_MAX);
}

function rowOf({ name, source, unit, value }: MetricPoint): string[] {
  const text = [shown(name), shown(source)];
  const none = QUANTILES.map(() => '');
  switch (value.type) {
    case 'sum':
      return [...text, 'count', shown(unit), '', number(value.sum), '', '', ...none, '', ''];
    case 'last':
      return [...text, 'sample', shown(unit), '', '', '', '', ...none, number(value.last), ''];
    case 'distribution': {
      const { count, sum, min, max } = value.distribution;
      const quantiles = QUANTILES.map(({ q }) => number(value.distribution.quantile(q)));
      return [...text, 'measure', shown(unit), ...[count, sum, min, max].map(number), ...quantiles, '', ''];
    }
    case 'cardinality':
      return [...text, 'unique', shown(unit), '', '', '', '', ...none, '', number(value.cardinality.estimate())];
  }
}

/** A number for eyes: whole ones as they are, others to six digits. */
function number(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  return String(Number(value.toPrecision(DIGITS)));
}

/** By code unit: the same order on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
