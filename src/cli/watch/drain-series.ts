import type { DrainClient } from '../drain-client.js';

/** Series in a page of `GET /series`, at most. */
const PAGE = 1_000;

/** Series that are asked for by id at once: their ids fit into a URL. */
const IDS_AT_ONCE = 200;

/** A series as `GET /series` and `GET /query` name it. */
interface SeriesIdentity {
  readonly id: string;
  readonly kind: 'count' | 'measure' | 'sample' | 'unique';
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  readonly resolution: number;
}

/** A series with its last point. */
export interface ListedSeries extends SeriesIdentity {
  /** s since the epoch. */
  readonly lastTime: number;
  readonly latest: Readonly<Record<string, number>>;
}

/** A series with its points: a column for each statistic. */
export type QueriedSeries = SeriesIdentity & { readonly times: readonly number[] } & Readonly<
    Record<string, readonly number[] | undefined>
  >;

/** What was delivered of a drain lately, by `GET /series` and `GET /query`; every call throws CliError. */
export class DrainSeries {
  /** @param search words that name or source has to have; '' for all series */
  constructor(
    private readonly drain: DrainClient,
    private readonly search: string,
  ) {}

  /** The first series in their order, and how many there are. */
  async list(limit = Infinity): Promise<{ now: number; total: number; series: ListedSeries[] }> {
    const series: ListedSeries[] = [];
    for (let offset: number | null = 0; ;) {
      const page = (await this.drain.get(
        'series',
        new URLSearchParams({
          search: this.search,
          limit: String(Math.min(PAGE, limit - series.length)),
          offset: String(offset),
        }),
      )) as { now: number; total: number; next: number | null; series: ListedSeries[] };
      series.push(...page.series);
      offset = page.next;
      if (offset === null || series.length >= limit) return { now: page.now, total: page.total, series };
    }
  }

  /** The points of series. @param from where their windows start at the earliest, s since the epoch */
  async query(
    series: readonly ListedSeries[],
    from: number,
    statistics: readonly string[] = [],
  ): Promise<QueriedSeries[]> {
    const found: QueriedSeries[] = [];
    for (let at = 0; at < series.length; at += IDS_AT_ONCE) {
      const query = new URLSearchParams({ from: String(Math.max(0, from)) });
      for (const { id } of series.slice(at, at + IDS_AT_ONCE)) query.append('id', id);
      for (const statistic of statistics) query.append('stat', statistic);
      found.push(...((await this.drain.get('query', query)) as { series: QueriedSeries[] }).series);
    }
    return found;
  }
}
