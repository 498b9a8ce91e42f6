import type { Distribution } from '../../../model/distribution.js';
import {
  type Eyes,
  mergeAlike,
  type MergedPoint,
  type MetricPoint,
  POINTS_AT_ONCE,
  type PointValue,
  QUANTILES,
  type Seen,
} from '../../../model/metric-point.js';
import { remembered, Texts } from '../../../model/texts.js';
import { Triples } from '../../../model/triples.js';
import type { WindowRef } from '../../../model/window.js';
import type { DestinationRecord, Prepared, Sliced } from '../../destination.js';
import { bucketsOf } from './exponential-histogram.js';
import { ucum } from './ucum.js';

/** What a metric's points are. */
export type Form = 'sum' | 'monotonic-sum' | 'gauge' | 'histogram';

/** Data points of one name, unit and form. */
export interface OtlpMetric {
  readonly name: string;
  /** UCUM; '' for none. */
  readonly unit: string;
  readonly form: Form;
  readonly points: readonly OtlpPoint[];
}

/** A data point: a distribution in a histogram, a number in all else. */
export interface OtlpPoint {
  /** '' for none. */
  readonly source: string;
  readonly window: WindowRef;
  readonly value: number | Distribution;
}

/** What a destination's URL says of how points are written. */
export interface PointOptions {
  readonly encoding: 'protobuf' | 'json';
  readonly percentiles: boolean;
}

/**
 * Bytes that a data point takes at most besides its texts and buckets, its metric's own part included: eight fields of up to 11
 * bytes in protobuf, a hundred bytes more of keys and lengths; in JSON about 25 characters a number and its key.
 */
const POINT_BYTES = { protobuf: 200, json: 700 } as const;

/** Bytes that a bucket takes at most: empty, and more for one that is not. */
const BUCKET_BYTES = { protobuf: 1, json: 4 } as const;
const FILLED_BUCKET_BYTES = { protobuf: 8, json: 16 } as const;

/**
 * What a value weighs that has yet to be counted, though it takes no byte: so a request is written within some ms, and not with
 * millions of values of a few measurements.
 */
const WEIGHT_OF_A_VALUE = 2;

/** Numbers of forms, to tell data points apart by. */
const FORMS = { sum: 0, 'monotonic-sum': 1, gauge: 2, histogram: 3 } as const;

/** A text, and the bytes that it takes. */
interface SizedText extends Seen {
  readonly bytes: number;
}

/** A name, with those of the gauges of its quantiles where they are asked for. */
interface SizedName extends SizedText {
  readonly quantiles: readonly (SizedText & { readonly q: number })[];
}

/** A point, and the quantiles of it that go out beside it. */
interface OtlpRecord {
  readonly point: MergedPoint<SizedName, SizedText, SizedText>;
  readonly quantiles: SizedName['quantiles'];
}

/**
 * The data points of one window: a counter is a Sum, a sample and a cardinality are a Gauge, a measurement is an exponential
 * histogram and, if asked for, three gauges. A record is heavy by the bytes that it takes at most, or
 * by the values in it.
 *
 * A second point of the same name, unit, form and attributes would take the place of the first, or be dropped: points that agree
 * in these once their units are UCUM are merged; of others, which cannot be, the first to come stays. A measurement's gauge
 * that is in the way of another is left out alone.
 */
export function* preparePoints(points: Iterable<MetricPoint>, options: PointOptions): Sliced<Prepared> {
  const records: DestinationRecord[] = [];
  const taken = new Triples();
  let collisions = 0;
  let met = 0;
  for (const point of yield* mergeAlike(points, receiversEyes(options))) {
    if (met++ % POINTS_AT_ONCE === 0) yield;
    const { name, source, unit, value } = point;
    const isTaken = ({ number }: Seen, form: Form): boolean => {
      const before = taken.size;
      return taken.numberOf(number, source.number, 4 * unit.number + FORMS[form]) < before;
    };
    if (isTaken(name, formOf(value))) {
      collisions += point.points;
      continue;
    }
    let { quantiles } = name;
    if (value.type !== 'distribution') quantiles = NO_QUANTILES;
    else if (quantiles.length > 0) {
      quantiles = quantiles.filter((quantile) => !isTaken(quantile, 'gauge'));
      collisions += name.quantiles.length - quantiles.length;
    }
    const body: OtlpRecord = { point, quantiles };
    records.push({ weight: bytesAtMost(body, options.encoding), body });
  }
  return { records, collisions };
}

const NO_QUANTILES: SizedName['quantiles'] = [];

/** Records that {@link preparePoints} made as metrics: data points of one name, unit and form stand together. */
export function metricsOf(records: readonly DestinationRecord[]): OtlpMetric[] {
  type Growing = OtlpMetric & { readonly points: OtlpPoint[] };
  const metrics: Growing[] = [];
  const byName = new Map<string, Growing[]>();
  const put = (name: string, unit: string, form: Form, point: OtlpPoint): void => {
    let alike = byName.get(name);
    if (!alike) byName.set(name, (alike = []));
    let metric = alike.find((one) => one.unit === unit && one.form === form);
    if (!metric) {
      metric = { name, unit, form, points: [] };
      alike.push(metric);
      metrics.push(metric);
    }
    metric.points.push(point);
  };
  for (const { body } of records) {
    const { point, quantiles } = body as OtlpRecord;
    const { source, unit, window, value } = point;
    put(point.name.text, unit.text, formOf(value), { source: source.text, window, value: valueOf(value) });
    for (const { text, q } of quantiles) {
      if (value.type !== 'distribution') continue;
      put(text, unit.text, 'gauge', { source: source.text, window, value: value.distribution.quantile(q) });
    }
  }
  return metrics;
}

/** How many data points records have. */
export function dataPointsOf(records: readonly DestinationRecord[]): number {
  return records.reduce((points, { body }) => points + 1 + (body as OtlpRecord).quantiles.length, 0);
}

/** What a receiver takes names, sources and units for: as they are, but for units in UCUM. */
function receiversEyes({ encoding, percentiles }: PointOptions): Eyes<SizedName, SizedText, SizedText> {
  const texts = new Texts();
  const sized = (text: string): SizedText => ({
    text,
    number: texts.numberOf(text),
    bytes: Buffer.byteLength(encoding === 'json' ? JSON.stringify(text) : text),
  });
  const quantilesOf = (name: string) => QUANTILES.map(({ suffix, q }) => ({ ...sized(`${name}.${suffix}`), q }));
  return {
    name: remembered((name) => ({ ...sized(name), quantiles: percentiles ? quantilesOf(name) : NO_QUANTILES })),
    source: remembered(sized),
    unit: remembered((unit) => sized(ucum(unit))),
  };
}

function formOf(value: PointValue): Form {
  switch (value.type) {
    case 'sum':
      return value.monotonic ? 'monotonic-sum' : 'sum';
    case 'last':
    case 'cardinality':
      return 'gauge';
    case 'distribution':
      return 'histogram';
  }
}

function valueOf(value: PointValue): number | Distribution {
  switch (value.type) {
    case 'sum':
      return value.sum;
    case 'last':
      return value.last;
    case 'cardinality':
      return value.cardinality.estimate();
    case 'distribution':
      return value.distribution;
  }
}

function bytesAtMost({ point, quantiles }: OtlpRecord, encoding: PointOptions['encoding']): number {
  const { name, source, unit, value } = point;
  const besidesName = POINT_BYTES[encoding] + source.bytes + unit.bytes;
  let bytes = besidesName + name.bytes;
  for (const quantile of quantiles) bytes += besidesName + quantile.bytes;
  if (value.type !== 'distribution') return bytes;
  const { distribution } = value;
  const buckets = bucketsOf(distribution);
  const filled = Math.min(buckets, distribution.count);
  const ofBuckets = buckets * BUCKET_BYTES[encoding] + filled * FILLED_BUCKET_BYTES[encoding];
  const values = distribution.sketch ? 0 : distribution.count;
  return Math.max(bytes + ofBuckets, values * WEIGHT_OF_A_VALUE);
}
