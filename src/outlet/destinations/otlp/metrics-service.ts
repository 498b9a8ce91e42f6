import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/**
 * The messages of OTLP's metrics service, as JSON has them (opentelemetry-proto 1.11.0, see proto/): keys in lowerCamelCase,
 * enums as numbers, 64-bit whole numbers as decimal strings. Nearly the same objects are encoded as protobuf. Only what is sent is here.
 */
export interface ExportMetricsServiceRequest {
  readonly resourceMetrics: readonly ResourceMetrics[];
}

export interface ResourceMetrics {
  readonly resource: { readonly attributes: readonly KeyValue[] };
  readonly scopeMetrics: readonly { readonly scope: { readonly name: string }; readonly metrics: readonly Metric[] }[];
}

export interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** A metric's points have all the same form. */
export type Metric = { readonly name: string; readonly unit?: string } & (
  | { readonly sum: Points<NumberDataPoint> & { readonly aggregationTemporality: 1; readonly isMonotonic: boolean } }
  | { readonly gauge: Points<NumberDataPoint> }
  | { readonly exponentialHistogram: Points<HistogramDataPoint> & { readonly aggregationTemporality: 1 } }
);

interface Points<P> {
  readonly dataPoints: readonly P[];
}

interface DataPoint {
  readonly attributes?: readonly KeyValue[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

export interface NumberDataPoint extends DataPoint {
  readonly asDouble: number;
}

export interface HistogramDataPoint extends DataPoint {
  readonly count: Whole;
  readonly sum?: number;
  readonly scale: number;
  readonly zeroCount: Whole;
  readonly positive?: { readonly offset: number; readonly bucketCounts: readonly Whole[] };
  readonly negative?: { readonly offset: number; readonly bucketCounts: readonly Whole[] };
  readonly min: number;
  readonly max: number;
}

/** A 64-bit whole number below 2⁵³: a decimal string in JSON; in protobuf a number is encoded ten times as fast. */
type Whole = string | number;

/** AGGREGATION_TEMPORALITY_DELTA. */
export const DELTA = 1;

/** What a server says it did not take of a request that it took. */
export interface PartialSuccess {
  readonly rejectedDataPoints: number;
  readonly errorMessage: string;
}

/** How requests and answers are written. A server answers in the form of the request, or should. */
export interface Encoding {
  readonly contentType: string;
  readonly whole: (number: number) => Whole;
  readonly encode: (request: ExportMetricsServiceRequest) => Uint8Array;
  /** The partialSuccess of an answer. @throws if it is no answer of the metrics service */
  readonly decodeAnswer: (body: Uint8Array) => PartialSuccess | undefined;
}

const root = new protobuf.Root();
root.resolvePath = (_from, file) => fileURLToPath(new URL(`proto/${file}`, import.meta.url));
root.loadSync('opentelemetry/proto/collector/metrics/v1/metrics_service.proto');
const Request = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
const Response = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse');

/** An answer as JSON has it; in JSON, everything may be missing and numbers may be strings. */
interface AnswerObject {
  readonly partialSuccess?: { readonly rejectedDataPoints?: string | number; readonly errorMessage?: string } | null;
}

export const ENCODINGS: Readonly<Record<'protobuf' | 'json', Encoding>> = {
  protobuf: {
    contentType: 'application/x-protobuf',
    whole: (number) => number,
    encode: (request) => Request.encode(request).finish(),
    decodeAnswer: (body) => partialSuccess(Response.toObject(Response.decode(body), { longs: String })),
  },
  json: {
    contentType: 'application/json',
    whole: String,
    encode: (request) => Buffer.from(JSON.stringify(request)),
    decodeAnswer: (body) => partialSuccess(JSON.parse(Buffer.from(body).toString('utf8')) as AnswerObject),
  },
};

function partialSuccess({ partialSuccess }: AnswerObject): PartialSuccess | undefined {
  if (!partialSuccess) return undefined;
  const rejectedDataPoints = Number(partialSuccess.rejectedDataPoints ?? 0);
  return { rejectedDataPoints, errorMessage: String(partialSuccess.errorMessage ?? '') };
}
