import { ApiError, DrainApi, type Description } from '../api.js';
import type { Drain } from '../drain-url.js';
import { element, fill, freshId, say } from '../dom.js';
import { timeOfDay, wholeNumber } from '../format.js';
import { Poller, type PollState } from '../poller.js';
import { ConnectForm } from './connect-form.js';
import { Grid } from './grid.js';
import { Strip } from './losses.js';
import { NothingYet } from './nothing-yet.js';
import { SeriesList } from './series-list.js';

/** Pause between two questions for news, ms: short windows are looked for more often. */
const INTERVAL_MS = 2_000;
const INTERVAL_MS_MAX = 5_000;

/** A drain's facts are asked for at most so often, ms. */
const FACTS_MS = 5_000;

/** Whoever types is waited for, ms. */
const TYPING_MS = 200;

/** While it scrolls, what comes into sight is asked for so often, ms. */
const SCROLLING_MS = 100;

/** Spans that can be shown, s. */
const SPANS = [
  [300, '5 min'],
  [900, '15 min'],
  [3600, '1 hour'],
] as const;

/** The view of charts: asks for a drain, then draws what it delivers. */
export class ChartsView {
  private readonly form = new ConnectForm(
    (drain) => void this.open(drain),
    () => this.toBuilder(),
  );
  private readonly status = element('p', { class: 'status', role: 'status' });
  private readonly spoken = element('p', { class: 'unseen', 'aria-live': 'polite' });
  private readonly notice = element('p', { class: 'notice', hidden: true });
  private readonly strip = new Strip();
  private readonly place = element('div');
  private readonly search = element('input', { type: 'search', id: freshId(), placeholder: 'Search name or source' });
  private readonly spanButtons = SPANS.map(([seconds, label]) => {
    const input = element('input', { type: 'radio', name: 'span', value: String(seconds) });
    input.addEventListener('change', () => this.chooseSpan(seconds));
    return { input, label: element('label', {}, input, element('span', {}, label)) };
  });
  private readonly live: HTMLElement;
  private readonly grid = new Grid(
    () => this.newsSoon(),
    (text) => say(this.spoken, text),
  );
  private readonly nothing = new NothingYet(() => this.drainUrl());
  private readonly noMatch = element('p', { class: 'narrow' });
  private drain: Drain | undefined;
  private api: DrainApi | undefined;
  private list: SeriesList | undefined;
  private poller: Poller | undefined;
  private facts: Description | undefined;
  private factsReadAt = -Infinity;
  private spanSeconds: number = SPANS[0][0];
  private spanChosen = false;
  private newsTimer = 0;
  private typingTimer = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly toBuilder: () => void,
  ) {
    this.search.addEventListener('input', () => this.findSoon());
    this.live = element(
      'div',
      { class: 'live' },
      element(
        'div',
        { class: 'toolbar' },
        element('h1', { class: 'unseen' }, 'Charts'),
        element('label', { for: this.search.id, class: 'unseen' }, 'Search by name or source'),
        this.search,
        element(
          'fieldset',
          { class: 'spans' },
          element('legend', { class: 'unseen' }, 'Span of time'),
          ...this.spanButtons.map(({ label }) => label),
        ),
        this.status,
        element('button', { type: 'button', class: 'quiet', onclick: () => this.close('') }, 'Forget drain'),
      ),
      this.notice,
      this.strip.root,
      this.spoken,
      this.place,
    );
    fill(root, this.form.root);
    this.showSpan();
  }

  /** Shows a drain, once its token turns out to be good. */
  async open(drain: Drain): Promise<void> {
    const api = new DrainApi(drain);
    try {
      this.facts = await api.describe();
    } catch (error) {
      return this.form.complain(refusal(error as ApiError, drain));
    }
    this.poller?.stop();
    this.drain = drain;
    this.api = api;
    this.factsReadAt = performance.now();
    this.search.value = '';
    this.spanChosen = false;
    this.spanSeconds = SPANS[0][0];
    this.showSpan();
    const elsewhere = drain.host !== undefined && drain.host !== location.host;
    this.notice.hidden = !elsewhere;
    say(
      this.notice,
      elsewhere
        ? `This drain URL is of ${drain.host}. A page can only ask the host that it came from, so what is shown is what ${location.host} knows of it.`
        : '',
    );
    fill(this.root, this.live);
    this.list = new SeriesList(api, '');
    this.grid.use(this.list);
    this.poller = new Poller(
      (signal) => this.refresh(signal),
      () => this.intervalMs(),
      (state) => this.tell(state),
      (error) => this.close(refusal(error, drain)),
    );
  }

  /** Says what went wrong before there was a drain. */
  complain(text: string): void {
    this.form.complain(text);
  }

  /** Forgets the drain. @param problem why, unless it was asked for */
  private close(problem: string): void {
    this.poller?.stop();
    this.poller = this.drain = this.api = this.list = this.facts = undefined;
    fill(this.place);
    fill(this.root, this.form.root);
    this.form.complain(problem);
    this.form.focus();
  }

  private async refresh(signal: AbortSignal): Promise<void> {
    const { list, api } = this;
    if (!list || !api) return;
    const [first, end] = this.grid.visible;
    const arrived = (): void => {
      if (list === this.list) this.show(list);
    };
    await list.refresh(first, Math.max(end, first + 12), this.spanSeconds, signal, arrived).catch((error: unknown) => {
      // What is known of the drain can be told all the same.
      if (!(error instanceof ApiError && error.code === 'L2MET_QUERY_OFF')) throw error;
    });
    if (this.list !== list) return;
    if (performance.now() - this.factsReadAt >= (list.total === 0 ? INTERVAL_MS : FACTS_MS)) {
      this.facts = await api.describe();
      this.factsReadAt = performance.now();
    }
    this.show(list);
  }

  private show(list: SeriesList): void {
    const isFound = list.total > 0;
    const content = isFound ? this.grid.root : list.search === '' ? this.nothing.root : this.noMatch;
    if (this.place.firstChild !== content) fill(this.place, content);
    if (this.facts) {
      this.strip.show(this.facts);
      if (content === this.nothing.root) this.nothing.show(this.facts, list.now * 1000 || Date.now());
    }
    this.strip.root.hidden = content === this.nothing.root;
    this.live.classList.toggle('empty', content === this.nothing.root);
    say(this.noMatch, `No name or source holds “${list.search}”.`);
    if (!isFound) return;
    if (!this.spanChosen) this.widen(list);
    this.grid.update({ from: list.now - this.spanSeconds, to: list.now });
  }

  /** Until a span is chosen, it is the shortest that holds what there is. */
  private widen(list: SeriesList): void {
    const next = SPANS.find(([seconds]) => seconds > this.spanSeconds);
    if (!next || !list.fills(...this.grid.visible, this.spanSeconds)) return;
    this.spanSeconds = next[0];
    this.showSpan();
    this.newsSoon();
  }

  private chooseSpan(seconds: number): void {
    this.spanChosen = true;
    this.spanSeconds = seconds;
    this.poller?.now();
    if (this.list) this.show(this.list);
  }

  private showSpan(): void {
    for (const { input } of this.spanButtons) input.checked = Number(input.value) === this.spanSeconds;
  }

  private find(): void {
    if (!this.api) return;
    this.list = new SeriesList(this.api, this.search.value.trim());
    this.grid.use(this.list);
    this.poller?.now();
  }

  /** Asks for news once in a while, however much is scrolled. */
  private newsSoon(): void {
    this.newsTimer ||= setTimeout(() => {
      this.newsTimer = 0;
      this.poller?.now();
    }, SCROLLING_MS);
  }

  private findSoon(): void {
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.find(), TYPING_MS);
  }

  private intervalMs(): number {
    const [first, end] = this.grid.visible;
    let shortest = Infinity;
    for (let i = first; i < end; i++) shortest = Math.min(shortest, this.list?.row(i)?.resolution ?? Infinity);
    return this.list?.total === 0 ? INTERVAL_MS : Math.min(INTERVAL_MS_MAX, Math.max(INTERVAL_MS, shortest * 200));
  }

  private tell(state: PollState): void {
    this.live.classList.toggle('away', state.type === 'away');
    say(this.status, this.stateText(state));
  }

  private stateText(state: PollState): string {
    if (state.type === 'hidden') return 'Paused while this tab is hidden';
    if (state.type === 'away') {
      const since = state.sinceAt === undefined ? 'No answer yet' : `No news since ${timeOfDay(state.sinceAt)}`;
      return `${since}: ${state.why}. What is drawn is kept; l2met is asked again.`;
    }
    const { total = 0, search = '' } = this.list ?? {};
    if (total === 0 && search === '') return 'Waiting for what is delivered';
    return `${wholeNumber(total)} series${search === '' ? '' : ` with “${search}”`}, live`;
  }

  private drainUrl(): string {
    const url = new URL(`/logs${this.drain?.query ?? ''}`, location.origin);
    url.username = this.drain?.token ?? '';
    return url.href;
  }
}

/** Why a drain is not shown. */
function refusal(error: ApiError, drain: Drain): string {
  const { message } = error;
  const elsewhere =
    drain.host !== undefined && drain.host !== location.host
      ? ` It is of ${drain.host}: open that host’s own page.`
      : '';
  if (error.status === 401) return `l2met does not take this token (${message}).${elsewhere}`;
  if (error.isRefusal) return `l2met asks to wait a minute: ${message}.`;
  return `l2met cannot be asked right now: ${message}. Try again.`;
}
