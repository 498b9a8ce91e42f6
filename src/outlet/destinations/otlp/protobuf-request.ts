import { PbfWriter } from 'pbf';
import type { Distribution } from '../../../model/distribution.js';
import { type Buckets, exponentialHistogram } from './exponential-histogram.js';
import { DELTA, type MetricsRequest, SCOPE } from './metrics-request.js';
import type { OtlpMetric, OtlpPoint } from './otlp-points.js';

/*
 * The numbers of fields are those of opentelemetry-proto 1.11.0, which never change; the tests read all of this by its files. What
 * is left out here is what protobuf has as default, and what is not used.
 */

/** A request as protobuf, without an object for each of its messages. */
export function requestProtobuf(request: MetricsRequest): Uint8Array {
  const writer = new PbfWriter(new Uint8Array(1 << 16));
  writer.writeMessage(1, writeResourceMetrics, request);
  return writer.finish();
}

function writeResourceMetrics({ resource, metrics }: MetricsRequest, writer: PbfWriter): void {
  writer.writeMessage(1, writeResource, resource);
  writer.writeMessage(2, writeScopeMetrics, metrics);
}

function writeResource(resource: MetricsRequest['resource'], writer: PbfWriter): void {
  for (const attribute of resource) writer.writeMessage(1, writeAttribute, attribute);
}

function writeScopeMetrics(metrics: readonly OtlpMetric[], writer: PbfWriter): void {
  writer.writeMessage(1, writeText, SCOPE);
  for (const metric of metrics) writer.writeMessage(2, writeMetric, metric);
}

function writeMetric(metric: OtlpMetric, writer: PbfWriter): void {
  writer.writeStringField(1, metric.name);
  if (metric.unit !== '') writer.writeStringField(3, metric.unit);
  switch (metric.form) {
    case 'gauge':
      return writer.writeMessage(5, writeGauge, metric);
    case 'sum':
    case 'monotonic-sum':
      return writer.writeMessage(7, writeSum, metric);
    case 'histogram':
      return writer.writeMessage(10, writeHistogram, metric);
  }
}

function writeGauge({ points }: OtlpMetric, writer: PbfWriter): void {
  for (const point of points) writer.writeMessage(1, writeNumberPoint, point);
}

function writeSum({ points, form }: OtlpMetric, writer: PbfWriter): void {
  for (const point of points) writer.writeMessage(1, writeNumberPoint, point);
  writer.writeVarintField(2, DELTA);
  if (form === 'monotonic-sum') writer.writeBooleanField(3, true);
}

function writeHistogram({ points }: OtlpMetric, writer: PbfWriter): void {
  for (const point of points) writer.writeMessage(1, writeHistogramPoint, point);
  writer.writeVarintField(2, DELTA);
}

function writeNumberPoint(point: OtlpPoint, writer: PbfWriter): void {
  writeTimes(point, writer);
  writer.writeDoubleField(4, point.value as number);
  if (point.source !== '') writer.writeMessage(7, writeSource, point.source);
}

function writeHistogramPoint(point: OtlpPoint, writer: PbfWriter): void {
  const { count, sum, scale, zeroCount, positive, negative, min, max } = exponentialHistogram(
    point.value as Distribution,
  );
  if (point.source !== '') writer.writeMessage(1, writeSource, point.source);
  writeTimes(point, writer);
  writer.writeFixed64Field(4, count);
  // opentelemetry-proto, ExponentialHistogramDataPoint.sum: only of values that are not negative.
  if (min >= 0) writer.writeDoubleField(5, sum);
  writer.writeSVarintField(6, scale);
  if (zeroCount > 0) writer.writeFixed64Field(7, zeroCount);
  if (positive.counts.length > 0) writer.writeMessage(8, writeBuckets, positive);
  if (negative.counts.length > 0) writer.writeMessage(9, writeBuckets, negative);
  writer.writeDoubleField(12, min);
  writer.writeDoubleField(13, max);
}

function writeBuckets({ offset, counts }: Buckets, writer: PbfWriter): void {
  writer.writeSVarintField(1, offset);
  writer.writeMessage(2, writeCounts, counts);
}

function writeCounts(counts: Float64Array, writer: PbfWriter): void {
  for (let i = 0; i < counts.length; i++) writer.writeVarint(counts[i]!);
}

function writeTimes({ window: { startSeconds, resolutionSeconds } }: OtlpPoint, writer: PbfWriter): void {
  // Whole seconds in ns are exact in a double, though above 2⁵³: 10⁹ is 2⁹ times a number of 21 bits.
  writer.writeFixed64Field(2, startSeconds * 1e9);
  writer.writeFixed64Field(3, (startSeconds + resolutionSeconds) * 1e9);
}

function writeSource(source: string, writer: PbfWriter): void {
  writeAttribute(['source', source], writer);
}

/** A KeyValue with an AnyValue of text. */
function writeAttribute([key, value]: readonly [string, string], writer: PbfWriter): void {
  writer.writeStringField(1, key);
  writer.writeMessage(2, writeText, value);
}

/** A message whose first field is a text. */
function writeText(text: string, writer: PbfWriter): void {
  writer.writeStringField(1, text);
}
