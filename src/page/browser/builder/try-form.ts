import { ApiError, type Tried, tryLines } from '../api.js';
import { element, fill, freshId, say } from '../dom.js';
import { withUnit } from '../format.js';
import { reasonText } from '../reasons.js';

/** Whoever types is waited for, ms. */
const TYPING_MS = 300;

/** The service looks at so much and no more. */
const LENGTH_MAX = 16_000;

const EXAMPLE = 'source=web.1 measure#db.latency=4.2ms count#orders=1 sample#queue.depth=17';

const DELIVERED: Readonly<Record<Tried['metrics'][number]['kind'], string>> = {
  measure: 'count, sum, min, max, median, p95 and p99 of a window',
  count: 'the sum of a window',
  sample: 'the last value of a window',
  unique: 'how many different ones a window had',
};

/** Lets a line of a log be tried, read as the receiver reads it. */
export class TryForm {
  readonly root: HTMLElement;
  private readonly area = element('textarea', {
    id: freshId(),
    rows: 3,
    spellcheck: false,
    maxLength: LENGTH_MAX,
    value: EXAMPLE,
  });
  private readonly status = element('p', { class: 'status', role: 'status' });
  private readonly result = element('div', { class: 'tried' });
  private timer = 0;
  private controller = new AbortController();

  /** @param query the drain's options */
  constructor(private readonly query: () => string) {
    this.root = element(
      'section',
      { class: 'step' },
      element('h2', {}, element('label', { for: this.area.id }, 'Try a line of your log')),
      element('p', { class: 'hint' }, 'It is read as a drain with these options would read it; nothing of it is kept.'),
      this.area,
      this.status,
      this.result,
    );
    this.area.addEventListener('input', () => this.changed());
  }

  /** The line, or the options, are others. */
  changed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.try(), TYPING_MS);
  }

  private async try(): Promise<void> {
    this.controller.abort();
    const { signal } = (this.controller = new AbortController());
    const lines = this.area.value;
    if (lines.trim() === '') return this.show('', []);
    try {
      this.tell(lines, await tryLines(this.query(), lines, signal));
    } catch (error) {
      if (signal.aborted) return;
      this.show(error instanceof ApiError ? `It could not be tried: ${error.message}.` : 'It could not be tried.', []);
    }
  }

  private tell(lines: string, { metrics, rejected }: Tried): void {
    const bytes = new TextEncoder().encode(lines);
    const rejects = rejected.map(({ offset, reason }) =>
      element('li', {}, element('code', {}, wordAt(bytes, offset)), ` ${reason}: ${reasonText(reason)}`),
    );
    const found =
      metrics.length === 0 ? 'No metric in it' : metrics.length === 1 ? '1 metric' : `${metrics.length} metrics`;
    const hint =
      metrics.length === 0 && rejects.length === 0
        ? ': write one as measure#NAME=4ms, count#NAME=1 or sample#NAME=17.'
        : '';
    this.show(`${found}${rejects.length > 0 ? `, ${rejects.length} rejected` : ''}${hint}`, [
      ...(metrics.length > 0 ? [metricTable(metrics)] : []),
      ...(rejects.length > 0 ? [element('ul', { class: 'rejects' }, ...rejects)] : []),
    ]);
  }

  private show(text: string, content: readonly HTMLElement[]): void {
    say(this.status, text);
    fill(this.result, ...content);
  }
}

/** The word of a text that begins at a byte, cut where it is long. */
function wordAt(bytes: Uint8Array, offset: number): string {
  const rest = new TextDecoder().decode(bytes.subarray(offset, offset + 200));
  const [word] = /\S+/.exec(rest) ?? [''];
  return word.length > 60 ? `${word.slice(0, 59)}…` : word;
}

function metricTable(metrics: Tried['metrics']): HTMLElement {
  const rows = metrics.map(({ kind, name, source, unit, values }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element('td', { 'data-label': 'kind', title: DELIVERED[kind] }, kind),
      element('td', { 'data-label': 'source' }, source || '–'),
      element(
        'td',
        { 'data-label': 'value', class: 'number' },
        values.map((value) => withUnit(value, unit)).join(', '),
      ),
    ),
  );
  return element(
    'table',
    { class: 'metrics' },
    element('caption', { class: 'unseen' }, 'What a drain would take of it'),
    element(
      'thead',
      {},
      element('tr', {}, ...['name', 'kind', 'source', 'value'].map((text) => element('th', { scope: 'col' }, text))),
    ),
    element('tbody', {}, ...rows),
  );
}
