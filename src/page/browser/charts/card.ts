import type uPlot from 'uplot';
import type { KindName, Series } from '../api.js';
import { element, say } from '../dom.js';
import { timeOfDay, wholeNumber, withUnit } from '../format.js';
import { type Columns, dense, DRAWN, indexFrom, STATISTIC_LABELS } from './columns.js';
import { createPlot, draw } from './plot.js';

/** The span of time that all charts show, s since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface PublishingPlot {
  setCursor(to: { readonly left: number; readonly top: number }, fire: boolean, publish: boolean): void;
}

/** One series: its name, its latest values, or those under the cursor, and its chart. Cards are used again for others. */
export class Card {
  readonly root: HTMLLIElement;
  /** Its place in the list that is shown, or undefined while it is nowhere. */
  index: number | undefined;
  private readonly name = element('h2');
  private readonly source = element('span', { class: 'source' });
  private readonly time = element('span', { class: 'time' });
  private readonly readout: HTMLElement;
  private readonly values: readonly HTMLElement[];
  private readonly figure: HTMLElement;
  private plot: uPlot | undefined;
  private series: Series | undefined;
  private columns: Columns | undefined;
  private data: ReturnType<typeof dense> | undefined;
  private width = 0;

  /** @param announce says aloud what a key has moved the cursor to */
  constructor(
    readonly kind: KindName,
    announce: (text: string) => void,
  ) {
    this.values = DRAWN[kind].map(() => element('b'));
    this.readout = element(
      'p',
      { class: 'readout' },
      ...DRAWN[kind].map((statistic, i) =>
        element(
          'span',
          {},
          element('i', { class: `key ${statistic}`, 'aria-hidden': 'true' }),
          STATISTIC_LABELS[statistic],
          this.values[i],
        ),
      ),
    );
    this.figure = element('div', { class: 'plot', role: 'img', tabIndex: 0 });
    this.figure.addEventListener('keydown', (event) => this.key(event, announce));
    this.figure.addEventListener('blur', () => this.moveCursor(undefined));
    this.root = element(
      'li',
      { class: `card ${kind}` },
      element('div', { class: 'title' }, this.name, element('span', { class: 'kind' }, kind)),
      element('p', { class: 'of' }, this.source, this.time),
      this.readout,
      this.figure,
    );
    this.root.addEventListener('pointerenter', () => this.plot?.syncRect(true));
  }

  get unit(): string {
    return this.series?.unit ?? '';
  }

  get isBusy(): boolean {
    return this.root.contains(document.activeElement);
  }

  /** Shows the texts of a series; {@link paint} draws it. */
  show(series: Series, index: number, total: number): void {
    if (series.id !== this.series?.id) {
      say(this.name, series.name);
      this.name.title = series.name;
      say(this.source, series.source);
      this.source.title = series.source;
      this.data = undefined;
      this.columns = undefined;
      this.root.classList.add('waits');
    }
    this.series = series;
    this.index = index;
    this.root.setAttribute('aria-posinset', String(index + 1));
    this.root.setAttribute('aria-setsize', String(total));
    this.hover(this.plot?.cursor.idx);
  }

  /** Draws the points of the series. @param shown the span to be seen; points are there for all of the other, too */
  paint(columns: Columns, span: Span, shown: Span, width: number): void {
    const { series } = this;
    if (!series) return;
    if (!this.plot) this.plot = createPlot(this.kind, this, width, this.figure);
    else if (this.width !== width) this.plot.setSize({ width, height: this.plot.height });
    this.width = width;
    this.columns = columns;
    this.data = dense(columns, DRAWN[this.kind], series.resolution, Math.min(span.from, shown.from), span.to);
    draw(this.plot, this.data, shown.from, shown.to);
    this.root.classList.remove('waits');
    this.hover(this.plot.cursor.idx);
  }

  /** Moves a chart that is drawn to another span. */
  slide(span: Span): void {
    if (this.plot && this.data) this.plot.setScale('x', { min: span.from, max: span.to });
  }

  repaint(): void {
    this.plot?.redraw(false, true);
  }

  destroy(): void {
    this.plot?.destroy();
    this.root.remove();
  }

  hover(index: number | null | undefined): void {
    const { series, data } = this;
    if (!series) return;
    const middle = index == null ? undefined : data?.[0][index];
    const start = middle === undefined ? this.latestTime() : middle - series.resolution / 2;
    const row = this.statisticsAt(start);
    for (const [i, statistic] of DRAWN[this.kind].entries()) {
      const value = row[statistic];
      say(this.values[i]!, value === undefined ? '–' : withUnit(value, series.unit));
    }
    const { count } = row;
    const many =
      this.kind === 'measure' && count !== undefined
        ? ` · ${wholeNumber(count)} ${count === 1 ? 'value' : 'values'}`
        : '';
    say(this.time, `${timeOfDay(start * 1000)}${many}`);
    this.root.classList.toggle('hovered', middle !== undefined);
    // The text alternative tells of the latest window; what a key points at is announced.
    if (middle === undefined) this.figure.setAttribute('aria-label', this.description());
  }

  private description(): string {
    const { name, source, kind } = this.series!;
    return `Chart of ${name}${source && `, source ${source}`} (${kind}). Latest: ${this.spoken()}`;
  }

  private spoken(): string {
    const values = DRAWN[this.kind].map(
      (statistic, i) => `${STATISTIC_LABELS[statistic]} ${this.values[i]!.textContent}`,
    );
    return `${this.time.textContent}: ${values.join(', ')}`;
  }

  private latestTime(): number {
    return Math.max(this.columns?.times.at(-1) ?? 0, this.series!.lastTime);
  }

  private statisticsAt(start: number): Readonly<Record<string, number | undefined>> {
    const { columns } = this;
    const at = columns ? indexFrom(columns.times, start) : -1;
    if (columns?.times[at] === start)
      return Object.fromEntries(Object.entries(columns.values).map(([name, column]) => [name, column[at]]));
    return start === this.series!.lastTime ? this.series!.latest : {};
  }

  private key(event: KeyboardEvent, announce: (text: string) => void): void {
    const last = (this.data?.[0].length ?? 0) - 1;
    if (!this.plot || last < 0) return;
    const at = this.plot.cursor.idx;
    const to = {
      ArrowLeft: at == null ? last : at - 1,
      ArrowRight: at == null ? last : at + 1,
      Home: 0,
      End: last,
      Escape: undefined,
    }[event.key];
    if (to === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    this.moveCursor(to === undefined ? undefined : Math.min(last, Math.max(0, to)));
    announce(to === undefined ? '' : this.spoken());
  }

  private moveCursor(index: number | undefined): void {
    const { plot, data } = this;
    if (!plot || !data) return;
    const left = index === undefined ? -10 : plot.valToPos(data[0][index]!, 'x');
    // The third parameter, which its types do not have, moves the cursor of the other charts, too.
    (plot as unknown as PublishingPlot).setCursor({ left, top: index === undefined ? -10 : 10 }, true, true);
  }
}
