import { systemClock } from '../../model/clock.js';
import { shownText } from '../../model/shown-text.js';
import type { DrainClient, DrainDescription } from '../drain-client.js';
import type { DrainSeries, ListedSeries, QueriedSeries } from './drain-series.js';
import { type Row, SHOWN, SPARKS_MAX, tableLines } from './table.js';

const LINE_MAX = 500;

/** Lines above the table, and the one below it that says how much does not fit. */
const OTHER_LINES = 4;

/** The table of `l2met watch`: what it looked like last, and how old that is. */
export class TableWatch {
  private now: number | undefined;
  private total = 0;
  private listed: readonly ListedSeries[] = [];
  private points: ReadonlyMap<string, QueriedSeries> = new Map();
  /** What the points are of: they are asked for anew once that is another. */
  private pointsOf = '';
  private description: DrainDescription | undefined;
  private failure: { readonly why: string; readonly sinceMs: number } | undefined;

  constructor(
    private readonly drain: DrainClient,
    private readonly series: DrainSeries,
  ) {}

  /** Looks at the drain. @param rows lines of the terminal @throws CliError */
  async look(rows: number): Promise<void> {
    const { now, total, series } = await this.series.list(Math.max(1, rows - OTHER_LINES));
    const state = JSON.stringify(series.map(({ id, lastTime }) => [id, lastTime]));
    if (state !== this.pointsOf) this.points = await this.query(series);
    this.description = total === 0 ? await this.drain.describe() : undefined;
    Object.assign(this, { now, total, listed: series, pointsOf: state, failure: undefined });
  }

  /** Notes that a look has failed: what was seen last is shown on. */
  fail(why: string): void {
    this.failure = { why, sinceMs: this.failure?.sinceMs ?? systemClock.now() };
  }

  /** The lines to show. */
  lines(width: number, rows: number): string[] {
    const { now, total, failure } = this;
    const lines = [
      [`l2met watch`, this.drain.host, ...(now === undefined ? [] : [timeOf(now * 1000), `${total} series`])].join(
        '  ',
      ),
      ...(failure ? [`! as of before ${timeOf(failure.sinceMs)}, for since then: ${failure.why}`] : []),
      '',
    ];
    if (total > 0) {
      const table = tableLines(this.rows(), width);
      const left = Math.max(1, rows - lines.length - 1);
      const hidden = total - Math.min(this.listed.length, left - 1);
      lines.push(...table.slice(0, left), ...(hidden > 0 ? [`and ${hidden} more: --search TEXT shows fewer`] : []));
    } else if (this.description) lines.push(...explained(this.description));
    return lines.slice(0, rows).map((line) => shownText(line, LINE_MAX).slice(0, width));
  }

  private async query(series: readonly ListedSeries[]): Promise<ReadonlyMap<string, QueriedSeries>> {
    const points = new Map<string, QueriedSeries>();
    const statistics = Object.values(SHOWN).map(([first]) => first);
    for (const resolution of new Set(series.map((one) => one.resolution))) {
      const alike = series.filter((one) => one.resolution === resolution);
      const from = endOf(alike) - (SPARKS_MAX - 1) * resolution;
      for (const one of await this.series.query(alike, from, statistics)) points.set(one.id, one);
    }
    return points;
  }

  private rows(): Row[] {
    return this.listed.map((series) => ({
      series,
      points: this.points.get(series.id),
      endSeconds: endOf(this.listed.filter(({ resolution }) => resolution === series.resolution)),
    }));
  }
}

function endOf(series: readonly ListedSeries[]): number {
  return Math.max(...series.map(({ lastTime }) => lastTime));
}

/** Why there is nothing, as far as `GET /logs` knows. */
function explained({ lastDataAt, windowsWaiting, firstDueAt, hold, counts, warnings }: DrainDescription): string[] {
  const rejected = Object.entries(counts).filter(([name, count]) => name.startsWith('rejected.') && count);
  return [
    'Nothing was delivered lately that could be shown.',
    '',
    `last data        ${lastDataAt ?? '(none within the hour)'}`,
    `windows waiting  ${windowsWaiting}${firstDueAt === null ? '' : `, the first due at ${firstDueAt}`}`,
    ...rejected.map(([name, count]) => `rejected         ${count} (${name.slice('rejected.'.length)})`),
    ...(hold ? [`deliveries wait  ${hold.why} (until ${hold.untilAt})`] : []),
    ...warnings.map((warning) => `! ${warning}`),
  ];
}

function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 19)} UTC`;
}
