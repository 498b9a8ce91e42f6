import type { Description } from '../api.js';
import { element, fill } from '../dom.js';
import { wholeNumber } from '../format.js';
import { reasonText } from '../reasons.js';

/** What takes numbers away from a drain, in words; `rejected.*` besides. */
const LOSSES: Readonly<Record<string, string>> = {
  unreadableRequests: 'requests of which nothing could be read',
  late: 'measurements that came too late for their window',
  future: 'measurements from too far ahead: some clock is wrong',
  refusedRequests: 'requests refused, since too much of this drain waits',
  pointsRejected: 'series that the destination refused',
  collisions: 'series left out, since the destination cannot tell them from others',
  seriesOverLimit: 'series over the limit of a window',
  windowsExpired: 'windows given up, since no delivery came through in time',
  windowsPurged: 'windows that the operator dropped',
};

/** One reason for which something was dropped. */
export interface Loss {
  readonly reason: string;
  readonly count: number;
  readonly text: string;
  readonly example: string | undefined;
}

/** What was dropped lately, the most frequent first. */
export function lossesOf({ counts, examples }: Description): Loss[] {
  return Object.entries(counts)
    .filter(([name, count]) => count && (name in LOSSES || name.startsWith('rejected.')))
    .map(([name, count]) => ({
      reason: name.replace(/^rejected\./, ''),
      count: count!,
      text: LOSSES[name] ?? reasonText(name),
      example: examples[name],
    }))
    .sort((a, b) => b.count - a.count);
}

/** A table of what was dropped. */
export function lossTable(losses: readonly Loss[]): HTMLElement {
  const rows = losses.map(({ count, reason, text, example }) =>
    element(
      'tr',
      {},
      element('td', { class: 'number' }, wholeNumber(count)),
      element('th', { scope: 'row' }, reason),
      element('td', {}, text, example === undefined ? '' : element('code', { class: 'example' }, example)),
    ),
  );
  return element(
    'table',
    { class: 'losses' },
    element('caption', {}, 'Dropped in the last half hour to hour'),
    element('tbody', {}, ...rows),
  );
}

/** The strip above the charts: what came, what was dropped and why, and what l2met has to say besides. */
export class Strip {
  readonly root = element('details', { class: 'strip' });
  private readonly summary = element('summary');
  private readonly body = element('div');
  private last = '';

  constructor() {
    this.root.append(this.summary, this.body);
  }

  show(description: Description): void {
    const { counts, warnings, seriesOverLimit, hold, destination } = description;
    // Touched only if something is new: whoever reads or selects in it is left alone.
    const current = JSON.stringify([counts, warnings, seriesOverLimit, hold]);
    if (current === this.last) return;
    this.last = current;
    const losses = lossesOf(description);
    this.root.classList.toggle('bad', losses.length > 0 || hold !== null);
    const dropped = losses.map(({ reason, count }) => `${wholeNumber(count)} ${words(reason)}`);
    fill(
      this.summary,
      element(
        'span',
        {},
        `${wholeNumber(counts['messages'] ?? 0)} lines, ${wholeNumber(counts['measurements'] ?? 0)} measurements`,
      ),
      element('span', { class: 'dropped' }, dropped.length > 0 ? `dropped: ${dropped.join(', ')}` : 'nothing dropped'),
      hold !== null && element('span', { class: 'hold' }, `deliveries wait: ${hold.why}`),
    );
    fill(
      this.body,
      element(
        'p',
        {},
        `Delivered to ${placeOf(destination)}: ${wholeNumber(counts['pointsDelivered'] ?? 0)} points in ${wholeNumber(counts['windowsDelivered'] ?? 0)} windows.`,
      ),
      losses.length > 0 && lossTable(losses),
      seriesOverLimit.length > 0 && element('p', {}, `Among the series dropped: ${seriesOverLimit.join(', ')}.`),
      warnings.length > 0 && element('ul', {}, ...warnings.map((warning) => element('li', {}, sentence(warning)))),
    );
  }
}

/** Where metrics go, in words. */
export function placeOf({ kind, host }: Description['destination']): string {
  return host === null ? 'the console of l2met' : `${host} (${kind})`;
}

/** A warning as a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
