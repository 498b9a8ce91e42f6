import type { Clock } from '../../model/clock.js';
import { type DestinationTarget, SECOND_VALUE } from '../../model/credentials.js';
import type { MetricPoint } from '../../model/metric-point.js';
import type { Delivery, Destination, DestinationRecord, Prepared, Sliced } from '../destination.js';
import type { HttpClient } from '../http-client.js';
import { outcomeOf, retryAfterMs } from '../http-outcome.js';
import { gaugesJson, prepareGauges } from './librato-gauges.js';

/**
 * Librato's legacy, source-based API, `POST /v1/metrics`, as the Go program spoke it. Librato itself is gone; servers that
 * speak it are not.
 *
 * A measurement that it cannot take makes it answer 400 for the whole request, which the outlet bisects.
 */
export class LibratoDestination implements Destination {
  readonly kind = 'librato';
  readonly secondValue = SECOND_VALUE.librato;

  /** Measurements a request: what Librato's docs advise ("about 300"), and what the Go program and Telegraf keep to. */
  readonly requestWeightMax = 300;

  readonly host: string;

  private readonly authorization: string;

  constructor(
    private readonly target: DestinationTarget & { readonly kind: 'librato' },
    private readonly byOperator: boolean,
    private readonly tools: { readonly http: Pick<HttpClient, 'post'>; readonly clock: Pick<Clock, 'now'> },
  ) {
    this.host = target.url.host;
    // RFC 7617 §2: user-id and password in UTF-8.
    this.authorization = `Basic ${Buffer.from(`${target.user}:${target.password}`).toString('base64')}`;
  }

  prepare(points: Iterable<MetricPoint>): Sliced<Prepared> {
    return prepareGauges(points);
  }

  async post(records: readonly DestinationRecord[], signal: AbortSignal): Promise<Delivery> {
    const answer = await this.tools.http.post(
      {
        url: this.target.url,
        headers: { authorization: this.authorization, 'content-type': 'application/json' },
        body: gaugesJson(records),
        byOperator: this.byOperator,
      },
      signal,
    );
    const nowMs = this.tools.clock.now();
    if (answer.type === 'answer' && isRateLimit(answer)) {
      const afterMs = retryAfterMs(answer.retryAfter, nowMs);
      return { outcome: 'retryable', afterMs, answered: true, why: 'answered 403' };
    }
    return outcomeOf(answer, nowMs);
  }
}

/** Librato answered 403 both for wrong credentials and for an account over its rate limit (api-docs, "Status codes"). */
function isRateLimit({ status, body }: { status: number; body: Uint8Array }): boolean {
  return status === 403 && /rate.?limit/i.test(Buffer.from(body).toString('utf8'));
}
