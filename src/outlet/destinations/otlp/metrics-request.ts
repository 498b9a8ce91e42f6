import type { OtlpMetric } from './otlp-points.js';

/** A request of OTLP's metrics service (ExportMetricsServiceRequest), as far as it is used: one resource, one scope. */
export interface MetricsRequest {
  /** Attributes of the resource. */
  readonly resource: ReadonlyMap<string, string>;
  readonly metrics: readonly OtlpMetric[];
}

/** The name of the scope. */
export const SCOPE = 'l2met';

/** AGGREGATION_TEMPORALITY_DELTA. */
export const DELTA = 1;
