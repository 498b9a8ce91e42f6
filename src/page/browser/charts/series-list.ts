import { type DrainApi, PAGE_LENGTH, type Series } from '../api.js';
import { type Columns, merged } from './columns.js';

/** So many series a query: their ids stand in an address. */
const QUERIED_AT_ONCE = 20;

/** Series whose points are remembered; more than any screen shows. */
const REMEMBERED = 400;

/** A window that was delivered again shows in no last time: so often, in ms, what is shown is asked for anew. */
const ANEW_MS = 60_000;

/** So many windows before the last one that is known are asked for again, since they may have been delivered again. */
const OVERLAP_WINDOWS = 3;

interface Known {
  readonly columns: Columns;
  /** Since when it is complete, s since the epoch. */
  readonly from: number;
  /** What the list said of its last window when it was fetched. */
  readonly latest: string;
  /** ms, by the page's own clock. */
  readonly readAt: number;
}

/** Which series there are, and the points of those that are looked at. */
export class SeriesList {
  total = 0;
  /** The service's clock at its last answer, s since the epoch. */
  now = 0;
  private rows: (Series | undefined)[] = [];
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly api: DrainApi,
    readonly search: string,
  ) {}

  row(index: number): Series | undefined {
    return this.rows[index];
  }

  columns(series: Series): Columns | undefined {
    return this.known.get(series.id)?.columns;
  }

  /** Whether points of the rows given reach back as far as a span does. */
  fills(first: number, end: number, spanSeconds: number): boolean {
    return this.rows.slice(first, end).some((row) => {
      const oldest = row && this.columns(row)?.times[0];
      return oldest !== undefined && oldest <= this.now - spanSeconds + 2 * row!.resolution;
    });
  }

  /**
   * Asks for rows, and for points of theirs where there are new ones: one small request if nothing is new.
   *
   * @param spanSeconds how far back points are wanted
   * @param arrived called whenever something is there to be shown
   * @throws ApiError
   */
  async refresh(
    first: number,
    end: number,
    spanSeconds: number,
    signal: AbortSignal,
    arrived: () => void,
  ): Promise<void> {
    for (let offset = first; offset < end; offset += PAGE_LENGTH) {
      await this.readRows(offset, Math.min(PAGE_LENGTH, end - offset), signal);
    }
    arrived();
    const from = Math.floor(this.now) - spanSeconds;
    const shown = this.rows.slice(first, end).filter((row) => row !== undefined);
    const stale = shown.filter((row) => this.isStale(row, from));
    const whole = stale.filter((row) => this.isPoor(this.known.get(row.id), from));
    const grown = stale.filter((row) => !whole.includes(row));
    await this.readPoints(whole, () => from, signal, arrived);
    await this.readPoints(grown, (row) => this.lastKnown(row) - OVERLAP_WINDOWS * row.resolution, signal, arrived);
    this.forgetSome();
  }

  private async readRows(offset: number, limit: number, signal: AbortSignal): Promise<void> {
    const { now, total, series } = await this.api.series(this.search, offset, limit, signal);
    const moved = total !== this.total || series.some(({ id }, i) => (this.rows[offset + i]?.id ?? id) !== id);
    // A series that is new, or gone, has moved all behind it.
    if (moved) this.rows = [];
    this.now = now;
    this.total = total;
    for (const [i, one] of series.entries()) this.rows[offset + i] = one;
  }

  private isStale(row: Series, from: number): boolean {
    const known = this.known.get(row.id);
    return this.isPoor(known, from) || known?.latest !== latestOf(row);
  }

  private isPoor(known: Known | undefined, from: number): boolean {
    // With some room: the span moves on with the clock.
    return !known || known.from > from + 5 || performance.now() - known.readAt > ANEW_MS;
  }

  private lastKnown(row: Series): number {
    return this.known.get(row.id)?.columns.times.at(-1) ?? 0;
  }

  private async readPoints(
    rows: readonly Series[],
    fromOf: (row: Series) => number,
    signal: AbortSignal,
    arrived: () => void,
  ): Promise<void> {
    for (let i = 0; i < rows.length; i += QUERIED_AT_ONCE) {
      const asked = rows.slice(i, i + QUERIED_AT_ONCE);
      const from = Math.min(...asked.map(fromOf));
      const answers = await this.api.points(
        asked.map(({ id }) => id),
        from,
        signal,
      );
      const byId = new Map(answers.map((points) => [points.id, points]));
      for (const row of asked) {
        const points = byId.get(row.id);
        const known = this.known.get(row.id)?.columns;
        // One that is not in the answer has nothing in that time, which is known now, too.
        this.remember(row, points ? merged(known, points, from) : (known ?? NOTHING), from);
      }
      arrived();
    }
  }

  private remember(row: Series, columns: Columns, from: number): void {
    const before = this.known.get(row.id);
    const whole = !before || from <= before.from;
    // Set anew, it is the youngest of the map.
    this.known.delete(row.id);
    this.known.set(row.id, {
      columns,
      from: whole ? from : before.from,
      latest: latestOf(row),
      readAt: whole || performance.now() - before.readAt > ANEW_MS ? performance.now() : before.readAt,
    });
  }

  private forgetSome(): void {
    for (const id of this.known.keys()) {
      if (this.known.size <= REMEMBERED) return;
      this.known.delete(id);
    }
  }
}

const NOTHING: Columns = { times: [], values: {} };

function latestOf({ lastTime, latest }: Series): string {
  return JSON.stringify([lastTime, latest]);
}
