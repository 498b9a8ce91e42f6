import type { FactCounts, Hold, TenantFacts, TenantId } from '../../store/window-store.js';

/** What `tenant inspect` prints. Instants are ISO 8601, UTC; null where there is none. */
export interface TenantReport {
  readonly tenant: TenantId;
  readonly windowsWaiting: number;
  readonly batchesWaiting: number;
  readonly bytesWaiting: number;
  /** When the first of the windows was, or will be, due. */
  readonly dueSince: string | null;
  readonly dueForSeconds: number;
  /** Until when an outlet has it; null if none has. */
  readonly claimedUntilAt: string | null;
  /** When an outlet should look at it next. */
  readonly nextLookAt: string | null;
  readonly hold: { kind: Hold['kind']; why: string; failures: number; untilAt: string } | null;
  readonly lastDataAt: string | null;
  readonly lastDeliveryAt: string | null;
  readonly counts: FactCounts;
  readonly seriesOverLimit: readonly string[];
  /** Complete sentences: what to do about it. */
  readonly wayOut: readonly string[];
}

/** Outlets look four times a second; one that is late by so much, ms, does not look at all. */
const OVERDUE_MS = 60_000;

/** @param nowMs the store's clock */
export function reportOf(tenant: TenantId, facts: TenantFacts, nowMs: number): TenantReport {
  const { windowsWaiting, batchesWaiting, bytesWaiting, firstDueAt, counts, seriesOverLimit } = facts;
  return {
    tenant,
    windowsWaiting,
    batchesWaiting,
    bytesWaiting,
    dueSince: iso(firstDueAt),
    dueForSeconds: firstDueAt === undefined ? 0 : Math.max(0, Math.floor((nowMs - firstDueAt) / 1000)),
    claimedUntilAt: isClaimed(facts, nowMs) ? iso(facts.claimedUntilAt) : null,
    nextLookAt: iso(facts.nextLookAt),
    hold: facts.hold ? { ...facts.hold, untilAt: iso(facts.hold.untilAt)! } : null,
    lastDataAt: iso(facts.lastDataAt),
    lastDeliveryAt: iso(facts.lastDelivery?.at),
    counts,
    seriesOverLimit,
    wayOut: wayOut(facts, nowMs),
  };
}

/** A report for eyes. */
export function toText(report: TenantReport): string {
  const { hold, dueSince, dueForSeconds, claimedUntilAt } = report;
  const due = dueForSeconds > 0 ? `since ${dueSince} (for ${dueForSeconds} s)` : `not before ${dueSince}`;
  const lines = [
    row('tenant', report.tenant),
    row('waiting', amountText(report.windowsWaiting, report.batchesWaiting, report.bytesWaiting)),
    ...(dueSince === null ? [] : [row('due', due)]),
    row('claimed', claimedUntilAt === null ? 'by no outlet' : `until ${claimedUntilAt}`),
    ...(hold ? [row('deliveries wait', holdText(hold))] : []),
    row('last data', report.lastDataAt ?? '(none within the hour)'),
    row('last delivery', report.lastDeliveryAt ?? '(none within the hour)'),
    '',
    ...Object.entries(report.counts).map(([name, count]) => row(name, String(count))),
    ...report.seriesOverLimit.map((series) => row('dropped series', series)),
    ...report.wayOut.map((sentence) => `! ${sentence}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** How much waits, or went. */
export function amountText(windows: number, batches: number, bytes: number): string {
  return `${windows} ${windows === 1 ? 'window' : 'windows'} (${batches} ${batches === 1 ? 'batch' : 'batches'}, ${bytes} bytes)`;
}

function wayOut(facts: TenantFacts, nowMs: number): string[] {
  const { windowsWaiting, firstDueAt, nextLookAt, hold } = facts;
  if (windowsWaiting === 0) return ['Nothing waits for this tenant.'];
  const sentences: string[] = [];
  if (isClaimed(facts, nowMs)) {
    sentences.push('An outlet delivers for it just now. Look again once its claim has ended.');
  } else if (nextLookAt === undefined || nowMs - nextLookAt > OVERDUE_MS) {
    sentences.push(
      'No outlet looks at it, though one should have. See that outlets run with this REDIS_URL and REDIS_PREFIX, that their /health is well, and that they are enough (OUTLET_TENANTS).',
    );
  }
  if (hold) sentences.push(WAYS_OUT[hold.kind]);
  if (sentences.length > 0) return sentences;
  return (firstDueAt ?? 0) > nowMs
    ? ['Its windows are not over yet. They are delivered once they are.']
    : ['It is due. An outlet takes it within a moment.'];
}

const WAYS_OUT: Readonly<Record<Hold['kind'], string>> = {
  retry:
    'It is tried again by itself, and all is kept for DELIVERY_AGE_MS. See that its destination answers: the reason is what the last try met.',
  pause:
    'Its destination refuses it: the credentials or the address are wrong, or not allowed. Have them mended there, and the next try delivers; or refuse its drains with REVOKED_TENANTS, and purge it.',
  key: 'The outlet that looked at it last has no key for its drain token. Add the key that made the token to SECRETS of all outlets: an old key stays as long as drains carry its tokens.',
  abort: 'A request of an outlet that gave it up may still be under way. Wait: the next one goes out after that.',
};

function isClaimed({ claimedUntilAt }: TenantFacts, nowMs: number): boolean {
  return (claimedUntilAt ?? 0) > nowMs;
}

function holdText({ kind, why, failures, untilAt }: NonNullable<TenantReport['hold']>): string {
  // Of a missing key it is known when someone looked, not until when it is missing.
  const until = kind === 'key' ? `met at ${untilAt}` : `until ${untilAt}`;
  return `${why} (${kind}, ${failures} in a row, ${until})`;
}

function iso(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

function row(label: string, value: string): string {
  return `${label.padEnd(22)} ${value}`;
}
