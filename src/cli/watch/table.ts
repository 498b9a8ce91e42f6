import { shownText } from '../../model/shown-text.js';
import type { ListedSeries, QueriedSeries } from './drain-series.js';
import { sparkLine } from './spark-line.js';

/** Windows that a spark line shows, at most and, where there is room for any, at least. */
export const SPARKS_MAX = 60;
const SPARKS_MIN = 8;

/** Names and sources that are cut keep so much. */
const TEXT_MIN = 8;

/** Digits of a number. */
const DIGITS = 6;

const GAP = '  ';

/** What is shown of each kind: of several statistics the first makes the spark line. */
export const SHOWN = {
  measure: ['median', 'p95', 'p99', 'count'],
  count: ['sum'],
  sample: ['last'],
  unique: ['unique'],
} as const satisfies Readonly<Record<ListedSeries['kind'], readonly string[]>>;

/** A series and the points of its spark line. */
export interface Row {
  readonly series: ListedSeries;
  /** Absent: none are known. */
  readonly points?: QueriedSeries | undefined;
  /** Start of the last window of a spark line, s since the epoch: the same for all series of a resolution. */
  readonly endSeconds: number;
}

/** The lines of a table, its head first, in columns that fit the width. */
export function tableLines(rows: readonly Row[], width: number): string[] {
  const cells = rows.map(({ series }) => [
    shownText(series.name, 255),
    shownText(series.source, 255),
    series.kind,
    shownText(series.unit, 16),
    SHOWN[series.kind].map((name) => `${name} ${shownNumber(series.latest[name])}`).join(GAP),
  ]);
  const head = ['name', 'source', 'kind', 'unit', 'latest'];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const fixed = widths.slice(2).reduce((sum, column) => sum + column, 0) + GAP.length * head.length;
  const room = width - fixed;
  const texts = Math.max(2 * TEXT_MIN, room - SPARKS_MIN);
  // The longer of the two gives way first.
  while (widths[0]! + widths[1]! > texts) widths[widths[0]! >= widths[1]! ? 0 : 1]!--;
  const sparks = Math.min(SPARKS_MAX, Math.max(0, room - widths[0]! - widths[1]!));
  const line = (row: readonly string[], spark: string): string =>
    [...row.map((cell, i) => cut(cell, widths[i]!).padEnd(widths[i]!)), spark].join(GAP).slice(0, width).trimEnd();
  return [line(head, ''), ...rows.map((row, i) => line(cells[i]!, sparksOf(row, sparks)))];
}

function sparksOf({ series, points, endSeconds }: Row, width: number): string {
  const values = points?.[SHOWN[series.kind][0]];
  if (!points || !values) return '';
  const startSeconds = endSeconds - (width - 1) * series.resolution;
  return sparkLine(
    new Map(points.times.map((time, i) => [(time - startSeconds) / series.resolution, values[i]!])),
    width,
  );
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : shownText(text, width);
}

function shownNumber(value: number | undefined): string {
  return value === undefined ? '-' : String(Number(value.toPrecision(DIGITS)));
}
