import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { Clock } from '../../../model/clock.js';
import { SECOND_VALUE } from '../../../model/credentials.js';
import type { MetricPoint } from '../../../model/metric-point.js';
import type { OtlpTarget } from '../../../model/otlp-target.js';
import { shownText } from '../../../model/shown-text.js';
import type { Delivery, Destination, DestinationRecord, Prepared, Sliced } from '../../destination.js';
import type { HttpClient } from '../../http-client.js';
import { outcomeOf } from '../../http-outcome.js';
import { type Encoding, ENCODINGS } from './metrics-service.js';
import { dataPointsOf, metricsOf, preparePoints } from './otlp-points.js';

const gzip = promisify(gzipCallback);

/** What a server says of points that it did not take, as much as is logged. */
const MESSAGE_LENGTH_MAX = 200;

/**
 * OTLP over HTTP (opentelemetry.io, "OTLP Specification 1.x", OTLP/HTTP), metrics only, all of them delta: each window is a
 * number of its own. What wants cumulative values puts a Collector with its deltatocumulative processor in between.
 *
 * A departure from the specification, on purpose: 500 is retried like any other 5xx, since what is here was acknowledged.
 */
export class OtlpDestination implements Destination {
  readonly kind = 'otlp';
  readonly secondValue = SECOND_VALUE.otlp;
  readonly requestWeightMax: number;
  readonly host: string;

  private readonly encoding: Encoding;
  private readonly resource: ReadonlyMap<string, string>;
  private readonly headers: Readonly<Record<string, string>>;

  /** @param account the e-mail of an `email:token` drain that the operator sends here; it goes out only if the target says so */
  constructor(
    private readonly target: OtlpTarget,
    private readonly byOperator: boolean,
    private readonly tools: { readonly http: Pick<HttpClient, 'post'>; readonly clock: Pick<Clock, 'now'> },
    account = '',
  ) {
    const { url, encoding, compression, headers, resource, accountAttribute, requestBytes } = target;
    this.host = url.host;
    this.requestWeightMax = requestBytes;
    this.encoding = ENCODINGS[encoding];
    this.headers = {
      ...headers,
      'content-type': this.encoding.contentType,
      ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
    };
    const isTold = accountAttribute !== '' && account !== '';
    this.resource = new Map(Object.entries({ ...resource, ...(isTold && { [accountAttribute]: account }) }));
  }

  prepare(points: Iterable<MetricPoint>): Sliced<Prepared> {
    return preparePoints(points, this.target);
  }

  async post(records: readonly DestinationRecord[], signal: AbortSignal): Promise<Delivery> {
    const { target, encoding, headers, byOperator, tools } = this;
    const bytes = encoding.encode({ resource: this.resource, metrics: metricsOf(records) });
    const body = target.compression === 'gzip' ? await gzip(bytes) : bytes;
    const answer = await tools.http.post({ url: target.url, headers, body, byOperator }, signal);
    const delivery = outcomeOf(answer, tools.clock.now());
    if (delivery.outcome !== 'delivered' || answer.type !== 'answer') return delivery;
    const answered = answer.contentType?.startsWith('application/json') ? ENCODINGS.json : encoding;
    return partly(answer.body, answered, records.length / dataPointsOf(records));
  }
}

/**
 * A request that was taken, with what the answer says of points that were not: sending them again would change nothing.
 *
 * @param recordsAPoint a measurement may be several data points
 */
function partly(body: Uint8Array, encoding: Encoding, recordsAPoint: number): Delivery {
  try {
    const partial = encoding.decodeAnswer(body);
    // Without a number it is a warning, and worth a line in the log.
    const points = Math.ceil(Math.max(0, partial?.rejectedDataPoints ?? 0) * recordsAPoint);
    if (!partial || (points === 0 && partial.errorMessage === '')) return { outcome: 'delivered' };
    return { outcome: 'delivered', rejected: { points, why: shownText(partial.errorMessage, MESSAGE_LENGTH_MAX) } };
  } catch {
    // That it was taken is said by the status; whatever else stands there is no answer of OTLP's, or only half of one.
    return { outcome: 'delivered' };
  }
}
