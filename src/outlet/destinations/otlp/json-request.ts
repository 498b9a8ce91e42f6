import type { Distribution } from '../../../model/distribution.js';
import { type Buckets, exponentialHistogram } from './exponential-histogram.js';
import { DELTA, type MetricsRequest, SCOPE } from './metrics-request.js';
import type { OtlpMetric, OtlpPoint } from './otlp-points.js';

/** A request as OTLP's JSON has it: keys in lowerCamelCase, enums as numbers, 64-bit whole numbers as decimal strings. */
export function requestJson({ resource, metrics }: MetricsRequest): Uint8Array {
  const attributes = Array.from(resource, ([key, value]) => attribute(key, value));
  const scopeMetrics = [{ scope: { name: SCOPE }, metrics: metrics.map(metricJson) }];
  return Buffer.from(JSON.stringify({ resourceMetrics: [{ resource: { attributes }, scopeMetrics }] }));
}

function metricJson({ name, unit, form, points }: OtlpMetric) {
  const metric = { name, ...(unit !== '' && { unit }) };
  switch (form) {
    case 'gauge':
      return { ...metric, gauge: { dataPoints: points.map(numberPoint) } };
    case 'sum':
    case 'monotonic-sum': {
      const isMonotonic = form === 'monotonic-sum';
      return { ...metric, sum: { aggregationTemporality: DELTA, isMonotonic, dataPoints: points.map(numberPoint) } };
    }
    case 'histogram': {
      const dataPoints = points.map(histogramPoint);
      return { ...metric, exponentialHistogram: { aggregationTemporality: DELTA, dataPoints } };
    }
  }
}

function numberPoint(point: OtlpPoint) {
  return { ...placed(point), asDouble: point.value };
}

function histogramPoint(point: OtlpPoint) {
  const { count, sum, scale, zeroCount, positive, negative, min, max } = exponentialHistogram(
    point.value as Distribution,
  );
  return {
    ...placed(point),
    count: String(count),
    // opentelemetry-proto, ExponentialHistogramDataPoint.sum: only of values that are not negative.
    ...(min >= 0 && { sum }),
    scale,
    zeroCount: String(zeroCount),
    ...(positive.counts.length > 0 && { positive: buckets(positive) }),
    ...(negative.counts.length > 0 && { negative: buckets(negative) }),
    min,
    max,
  };
}

function buckets({ offset, counts }: Buckets) {
  return { offset, bucketCounts: Array.from(counts, String) };
}

function placed({ source, window: { startSeconds, resolutionSeconds } }: OtlpPoint) {
  return {
    ...(source !== '' && { attributes: [attribute('source', source)] }),
    startTimeUnixNano: nanoseconds(startSeconds),
    timeUnixNano: nanoseconds(startSeconds + resolutionSeconds),
  };
}

function attribute(key: string, value: string) {
  return { key, value: { stringValue: value } };
}

/** More than a double shows all digits of. @param seconds whole, since the epoch */
function nanoseconds(seconds: number): string {
  return seconds <= 0 ? '0' : `${seconds}000000000`;
}
