import type { KindName } from '../api.js';
import { element } from '../dom.js';
import { Card, type Span } from './card.js';
import { onPaletteChange } from './palette.js';
import type { SeriesList } from './series-list.js';

/** Height of a card with the gap below it, in CSS pixels: fixed, so that a place in the list is known without what stands there. */
const ROW_HEIGHT = 252;
const GAP = 16;
const CARD_WIDTH_MIN = 310;

/** Rows above and below what is visible that are there already: keys and small scrolls find them drawn. */
const ROWS_AROUND = 1;

/** Drawing has so many ms of a frame; what is left is drawn in the next. */
const FRAME_MS = 6;

/** Cards of a kind that are kept for later. */
const SPARE_MAX = 24;

const SLIDE_MS = 350;

/** Sliding redraws all that is visible in every frame: with more charts than this it would not be smooth. */
const SLIDING_MAX = 24;

/** A list of charts of any length, of which only what is visible exists. */
export class Grid {
  readonly root = element('ul', { class: 'grid', 'aria-label': 'Charts' });
  private list: SeriesList | undefined;
  private readonly cards = new Map<number, Card>();
  private readonly spare = new Map<KindName, Card[]>();
  private queue: Card[] = [];
  private span: Span = { from: 0, to: 1 };
  private shown: Span = this.span;
  private slideStartedAt = 0;
  private slideFrom: Span | undefined;
  private frame = 0;
  private columns = 1;
  private cardWidth = 0;
  private range: readonly [number, number] = [0, 0];

  /**
   * @param onRange what is visible has changed
   * @param announce says something aloud
   */
  constructor(
    private readonly onRange: () => void,
    private readonly announce: (text: string) => void,
  ) {
    addEventListener('scroll', () => this.schedule(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(this.root);
    onPaletteChange(() => this.cards.forEach((card) => card.repaint()));
  }

  /** Indexes of what is visible and around it: from the first, before the end. */
  get visible(): readonly [number, number] {
    return this.range;
  }

  /** Shows a list from its top. */
  use(list: SeriesList): void {
    for (const [index, card] of this.cards) this.release(index, card);
    this.list = list;
    this.measure();
  }

  /** Shows what has arrived in the list. */
  update(span: Span): void {
    const moves = span.to - span.from === this.span.to - this.span.from && this.span.to < span.to;
    this.slideFrom =
      moves && this.cards.size <= SLIDING_MAX && !matchMedia('(prefers-reduced-motion: reduce)').matches
        ? this.shown
        : undefined;
    this.slideStartedAt = performance.now();
    this.span = span;
    this.shown = this.slideFrom ?? span;
    this.measure();
    this.queue = [...this.cards.values()];
  }

  private resize(): void {
    this.measure();
    this.queue = [...this.cards.values()];
  }

  private measure(): void {
    const width = this.root.clientWidth;
    if (width === 0 || !this.list) return;
    this.columns = Math.max(1, Math.floor((width + GAP) / (CARD_WIDTH_MIN + GAP)));
    this.cardWidth = Math.floor((width - (this.columns - 1) * GAP) / this.columns);
    this.root.style.height = `${Math.max(0, Math.ceil(this.list.total / this.columns) * ROW_HEIGHT - GAP)}px`;
    this.place(true);
    this.schedule();
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.place(false);
      this.slide();
      this.paintSome();
    });
  }

  /** Gives each visible place its card. @param all whether cards that have a place may have to move, too */
  private place(all: boolean): void {
    const { list, columns } = this;
    if (!list || this.root.clientWidth === 0) return;
    const top = -this.root.getBoundingClientRect().top;
    const firstRow = Math.max(0, Math.floor(top / ROW_HEIGHT) - ROWS_AROUND);
    const endRow = Math.max(0, Math.ceil((top + innerHeight) / ROW_HEIGHT) + ROWS_AROUND);
    const range = [Math.min(list.total, firstRow * columns), Math.min(list.total, endRow * columns)] as const;
    const same = range[0] === this.range[0] && range[1] === this.range[1];
    if (same && !all) return;
    this.range = range;
    for (const [index, card] of this.cards) {
      const fits = index >= range[0] && index < range[1] && list.row(index)?.kind === card.kind;
      // Whoever has a card in focus keeps it, wherever it went.
      if (!fits && !(card.isBusy && index < list.total)) this.release(index, card);
    }
    for (let index = range[0]; index < range[1]; index++) this.fillPlace(index, all);
    if (!same) this.onRange();
  }

  private fillPlace(index: number, move: boolean): void {
    const list = this.list!;
    const series = list.row(index);
    if (!series) return;
    const known = this.cards.get(index);
    const card = known ?? this.obtain(series.kind);
    if (!known || move) {
      const left = (index % this.columns) * (this.cardWidth + GAP);
      const top = Math.floor(index / this.columns) * ROW_HEIGHT;
      card.root.style.transform = `translate(${left}px, ${top}px)`;
      card.root.style.width = `${this.cardWidth}px`;
    }
    if (known && !move) return;
    card.show(series, index, list.total);
    if (known) return;
    this.cards.set(index, card);
    this.queue.push(card);
    this.insert(card, index);
  }

  /** In the order of the list, which is the order of focus. */
  private insert(card: Card, index: number): void {
    let next: Card | undefined;
    for (const other of this.cards.values()) {
      if (other.index! > index && (!next || other.index! < next.index!)) next = other;
    }
    this.root.insertBefore(card.root, next?.root ?? null);
  }

  private obtain(kind: KindName): Card {
    return this.spare.get(kind)?.pop() ?? new Card(kind, this.announce);
  }

  private release(index: number, card: Card): void {
    this.cards.delete(index);
    card.index = undefined;
    const spare = this.spare.get(card.kind) ?? [];
    this.spare.set(card.kind, spare);
    if (spare.length >= SPARE_MAX) return card.destroy();
    card.root.remove();
    spare.push(card);
  }

  private slide(): void {
    if (!this.slideFrom) return;
    const done = Math.min(1, (performance.now() - this.slideStartedAt) / SLIDE_MS);
    const eased = 1 - (1 - done) ** 3;
    const { from, to } = this.slideFrom;
    this.shown = { from: from + (this.span.from - from) * eased, to: to + (this.span.to - to) * eased };
    for (const card of this.cards.values()) if (!this.queue.includes(card)) card.slide(this.shown);
    if (done === 1) this.slideFrom = undefined;
    this.schedule();
  }

  private paintSome(): void {
    const endsAt = performance.now() + FRAME_MS;
    while (this.queue.length > 0 && performance.now() < endsAt) {
      const card = this.queue.shift()!;
      const series = card.index === undefined ? undefined : this.list!.row(card.index);
      const columns = series && this.list!.columns(series);
      if (columns) card.paint(columns, this.span, this.shown, this.cardWidth - 2 - 2 * CARD_PADDING);
    }
    if (this.queue.length > 0) this.schedule();
  }
}

/** As in the style sheet. */
const CARD_PADDING = 12;
