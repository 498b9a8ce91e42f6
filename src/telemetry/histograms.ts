/** The label that tells destinations apart, by kind. */
export const DESTINATION_LABEL = 'destination';

/** A histogram: what it times. */
export interface HistogramDefinition {
  readonly help: string;
  /** Upper bounds, s. */
  readonly buckets: readonly number[];
  readonly byDestination?: true;
}

/** What l2met times of itself, in s. docs/metrics.md is made from it. */
export const HISTOGRAMS = {
  commit_duration_seconds: {
    help: 'One try to store a request, up to the answer of the store.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
  delivery_duration_seconds: {
    help: 'One request to a destination, up to its answer or its end without one.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    byDestination: true,
  },
  delivery_lag_seconds: {
    help: "From a window's end until it was delivered, by this machine's clock; once more where late lines brought it back.",
    buckets: [1, 2, 3, 4, 5, 7.5, 10, 15, 30, 60, 120, 300, 900, 3600, 21600],
  },
} as const satisfies Record<string, HistogramDefinition>;

/** A histogram's name. */
export type HistogramName = keyof typeof HISTOGRAMS;
