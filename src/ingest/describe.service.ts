import { Inject, Injectable } from '@nestjs/common';
import {
  type Examples,
  type FactCounts,
  type RejectionFact,
  type TenantFacts,
  WINDOW_STORE,
  type WindowStore,
} from '../store/window-store.js';
import type { Drain } from '../access/authenticator.js';
import type { DrainOptions } from './drain-options.js';
import { HttpError, RETRY_AFTER_SECONDS } from '../access/http-error.js';
import { INGEST_OPTIONS, type IngestOptions } from './ingest.options.js';

/** What `GET /logs` answers: a drain as l2met understands it. No secret is in it. */
export interface DrainDescription {
  readonly tenant: string;
  readonly options: {
    readonly resolution: number;
    readonly prefix: string;
    readonly 'source-prefix': string;
    readonly 'router-source': string;
    readonly platform: 0 | 1;
    readonly late: string;
  };
  readonly destination: { kind: string; host: string | null };
  /** Instants are ISO 8601, UTC; null where there was none in the last hour. */
  readonly lastDataAt: string | null;
  readonly lastDeliveryAt: string | null;
  /** What came of the last attempt to deliver: `put off: ` and why, or what the destination took; null if there was none. */
  readonly lastOutcome: string | null;
  readonly windowsWaiting: number;
  /** When the first of them was, or will be, due; null if there is none. */
  readonly firstDueAt: string | null;
  /** From a window's end until it is due, s. */
  readonly grace: number;
  /** Why deliveries wait, if they do. */
  readonly hold: { kind: string; why: string; failures: number; untilAt: string } | null;
  /** Counts of the last half hour up to an hour. */
  readonly counts: FactCounts;
  /** An example of each reason for which something was rejected, its values masked. */
  readonly examples: Examples;
  /** Some of the series that were last dropped, since a window had more than it may have. */
  readonly seriesOverLimit: readonly string[];
  /** Complete sentences on what stands between this drain and its numbers. */
  readonly warnings: readonly string[];
}

/** Describes a drain to whoever has its credentials: the answer to "why do I see nothing?". */
@Injectable()
export class DescribeService {
  constructor(
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
    @Inject(INGEST_OPTIONS) private readonly ingestOptions: IngestOptions,
  ) {}

  /** @throws HttpError 503 if the store is away */
  async describe(drain: Drain, options: DrainOptions): Promise<DrainDescription> {
    const facts = await this.store.facts(drain.tenant).catch(() => {
      throw new HttpError('L2MET_INGEST_STORE', undefined, RETRY_AFTER_SECONDS);
    });
    const { target } = drain.destination;
    return {
      tenant: drain.tenant,
      options: {
        resolution: options.resolutionSeconds,
        prefix: options.prefix,
        'source-prefix': options.sourcePrefix,
        'router-source': options.routerSource,
        platform: options.platform ? 1 : 0,
        late: options.late,
      },
      destination: { kind: target.kind, host: 'url' in target ? target.url.host : null },
      lastDataAt: iso(facts?.lastDataAt),
      lastDeliveryAt: iso(facts?.lastDelivery?.at),
      lastOutcome: lastOutcome(facts),
      windowsWaiting: facts?.windowsWaiting ?? 0,
      firstDueAt: iso(facts?.firstDueAt),
      grace: this.ingestOptions.windowPolicy.graceMs / 1000,
      hold: facts?.hold ? { ...facts.hold, untilAt: new Date(facts.hold.untilAt).toISOString() } : null,
      counts: facts?.counts ?? {},
      examples: Object.fromEntries(
        Object.entries(facts?.examples ?? {}).filter(([reason]) => facts?.counts[reason as RejectionFact]),
      ),
      seriesOverLimit: facts?.seriesOverLimit ?? [],
      warnings: [...options.fellBack, ...this.warnings(drain, facts)],
    };
  }

  private warnings(drain: Drain, facts: TenantFacts | undefined): string[] {
    const warnings: string[] = [];
    if (!this.store.durable)
      warnings.push('the embedded store is in use: what waits is lost if this process is killed');
    if (drain.destination.byOperator && !this.ingestOptions.accountsRouted) {
      warnings.push(
        'metrics are printed on the console of l2met only: Librato is gone, and its operator has not set LIBRATO_URL',
      );
    }
    if (!facts) warnings.push('no data came over this drain within the last hour');
    if (facts?.counts.unreadableRequests) {
      warnings.push(
        `${facts.counts.unreadableRequests} requests could not be read at all: their sender got 400, 413 or 415 saying why`,
      );
    }
    if (facts?.counts.messages && !facts.counts.measurements) {
      warnings.push(
        'requests came, but no line of them held a metric: log measure#name=1ms, count#name=1 or sample#name=1',
      );
    }
    if (facts?.counts.seriesOverLimit) {
      warnings.push(
        `series were dropped (${facts.counts.seriesOverLimit}, counted in each window): a window takes the first that come, as many as SERIES_LIMIT of l2met's operator allows; keep ids and addresses out of names and sources`,
      );
    }
    if (facts?.counts.pointsRejected) {
      warnings.push(
        `the destination refused series (${facts.counts.pointsRejected}, counted in each window) for what is in them: its own limits on names, values or times say which`,
      );
    }
    if (facts?.counts.collisions) {
      warnings.push(
        `series were left out (${facts.counts.collisions}, counted in each window), since the destination cannot tell them from others: names that differ in kind, unit, letter case or special characters only`,
      );
    }
    if (facts?.hold) warnings.push(`deliveries wait: ${facts.hold.why}`);
    return warnings;
  }
}

function lastOutcome(facts: TenantFacts | undefined): string | null {
  if (facts?.hold) return `put off: ${facts.hold.why}`;
  if (!facts?.lastDelivery) return null;
  const { points, rejected } = facts.lastDelivery;
  if (rejected === 0) return `delivered: ${points} series`;
  return points === 0 ? `refused: all of ${rejected} series` : `delivered: ${points} series; ${rejected} were refused`;
}

function iso(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

/** A description for eyes. */
export function toText(description: DrainDescription): string {
  const { destination, options, counts, hold } = description;
  const lines = [
    `This drain works. POST log lines to this address; GET shows this page.`,
    '',
    row('tenant', description.tenant),
    row('destination', destination.host === null ? destination.kind : `${destination.kind} at ${destination.host}`),
    ...Object.entries(options).map(([name, value]) => row(name, value === '' ? '(none)' : String(value))),
    row('last data', description.lastDataAt ?? '(none within the hour)'),
    row('last delivery', description.lastDeliveryAt ?? '(none within the hour)'),
    row('last outcome', description.lastOutcome ?? '(none within the hour)'),
    row('windows waiting', String(description.windowsWaiting)),
    ...(hold ? [row('deliveries wait', hold.kind === 'key' ? hold.why : `${hold.why} (until ${hold.untilAt})`)] : []),
    '',
    ...Object.entries(counts).map(([name, count]) => row(name, String(count))),
    ...Object.entries(description.examples).map(([reason, text]) => row(reason, `as in ${text}`)),
    ...description.seriesOverLimit.map((series) => row('dropped series', series)),
    ...description.warnings.map((warning) => `! ${warning}`),
  ];
  return `${lines.join('\n')}\n`;
}

function row(label: string, value: string): string {
  return `${label.padEnd(22)} ${value}`;
}
