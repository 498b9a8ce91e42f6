/**
 * What l2met counts about itself, with the reasons that each counter knows. The lists are closed: no label ever comes
 * from outside.
 */
export const COUNTERS = {
  requests: ['2xx', '400', '401', '405', '408', '413', '415', '429', '503', 'closed', '500'],
  options_fallback: ['logplex', 'log-shuttle'],
  message_count_mismatch: ['drain'],
  messages: ['read'],
  measurements: ['count', 'measure', 'sample', 'unique'],
  measurements_dropped: ['late', 'future'],
  measurements_rejected: [
    'name-empty',
    'name-too-long',
    'source-too-long',
    'value-malformed',
    'value-range',
    'unit-malformed',
  ],
  frames_rejected: ['count', 'truncated', 'header'],
  loss_notices: ['L10', 'L12', 'L13'],
  commits: ['stored', 'duplicate', 'again', 'refused', 'unavailable'],
  deliveries: ['delivered', 'partial', 'rejected', 'retryable', 'refused'],
  points: ['delivered', 'rejected', 'collision', 'series-limit'],
  windows: ['delivered', 'expired', 'later', 'unknown-version', 'unknown-key', 'corrupt'],
  claims: ['taken', 'lost', 'handed-back'],
  redis_errors: [
    'connection',
    'certificate',
    'timeout',
    'oom',
    'readonly',
    'loading',
    'moved',
    'tryagain',
    'clusterdown',
    'masterdown',
    'noreplicas',
    'replicas',
    'noscript',
    'busy',
    'misconf',
    'auth',
  ],
  sign: ['2xx', '400', '401', '429'],
} as const;

/** A counter's name. */
export type CounterName = keyof typeof COUNTERS;

/** The reasons of one counter. */
export type CounterReason<N extends CounterName> = (typeof COUNTERS)[N][number];

/** Counters of this process since it started. */
export class Counters {
  private readonly counts = new Map<string, number>();

  /** Adds `by` (default 1) to one reason of a counter. */
  add<N extends CounterName>(name: N, reason: CounterReason<N>, by = 1): void {
    if (by === 0) return;
    const key = `${name}.${reason}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  /** Adds a number to each of several reasons. @returns their sum */
  addEach<N extends CounterName>(name: N, counts: Readonly<Partial<Record<CounterReason<N>, number>>>): number {
    let sum = 0;
    for (const reason in counts) {
      const count = counts[reason as CounterReason<N>] ?? 0;
      this.add(name, reason as CounterReason<N>, count);
      sum += count;
    }
    return sum;
  }

  /** The count of one reason. */
  get<N extends CounterName>(name: N, reason: CounterReason<N>): number {
    return this.counts.get(`${name}.${reason}`) ?? 0;
  }

  /** All that is not zero, as `name.reason` → count, sorted by name. */
  snapshot(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
