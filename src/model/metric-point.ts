import { type Bucket, isLaterSample } from './bucket.js';
import { Cardinality } from './cardinality.js';
import { Distribution } from './distribution.js';
import { Kind } from './kind.js';
import { Triples } from './triples.js';
import type { WindowRef } from './window.js';

/** What a window says of one bucket. A kind of value that a destination does not know is a compile error there. */
export type PointValue =
  | { readonly type: 'sum'; readonly sum: number; readonly monotonic: boolean }
  /** `atUs`: its line's own time, µs since the epoch; it decides where two lasts have to become one. */
  | { readonly type: 'last'; readonly last: number; readonly atUs: number }
  | { readonly type: 'distribution'; readonly distribution: Distribution }
  | { readonly type: 'cardinality'; readonly cardinality: Cardinality };

/** One bucket of one window, as a destination gets it. `source` and `unit` are '' where there is none. */
export interface MetricPoint {
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  readonly window: WindowRef;
  readonly value: PointValue;
}

/** The quantiles that are delivered of a measurement, with the suffix that the Go program gave their metrics. */
export const QUANTILES = [
  { suffix: 'median', q: 0.5 },
  { suffix: 'perc95', q: 0.95 },
  { suffix: 'perc99', q: 0.99 },
] as const;

/** The point of a bucket in its window. The point takes the bucket's distribution over. */
export function toPoint(bucket: Bucket, window: WindowRef): MetricPoint {
  const { name, source, unit } = bucket;
  return { name, source, unit, window, value: valueOf(bucket) };
}

function valueOf(bucket: Bucket): PointValue {
  switch (bucket.kind) {
    case Kind.count:
      return { type: 'sum', sum: bucket.sum, monotonic: !bucket.negative };
    case Kind.sample:
      return { type: 'last', last: bucket.value, atUs: bucket.atUs };
    case Kind.measure:
      return { type: 'distribution', distribution: bucket.distribution };
    case Kind.unique:
      return { type: 'cardinality', cardinality: bucket.cardinality };
  }
}

/**
 * Two values of one kind as one, for a destination to which two points are the same; neither is changed.
 *
 * @throws TypeError if they are of different kinds
 */
function mergeValues(a: PointValue, b: PointValue): PointValue {
  if (a.type === 'sum' && b.type === 'sum') {
    return { type: 'sum', sum: a.sum + b.sum, monotonic: a.monotonic && b.monotonic };
  }
  if (a.type === 'last' && b.type === 'last') {
    return isLaterSample(b.atUs, b.last, a.atUs, a.last) ? b : a;
  }
  if (a.type === 'distribution' && b.type === 'distribution') {
    const distribution = new Distribution();
    distribution.merge(a.distribution);
    distribution.merge(b.distribution);
    return { type: 'distribution', distribution };
  }
  if (a.type === 'cardinality' && b.type === 'cardinality') {
    const cardinality = new Cardinality();
    cardinality.merge(a.cardinality);
    cardinality.merge(b.cardinality);
    return { type: 'cardinality', cardinality };
  }
  throw new TypeError('values of different kinds cannot be merged');
}

/** A text as a destination sees it. Texts of one `number` are one and the same to it. */
export interface Seen {
  readonly text: string;
  /** A whole number. */
  readonly number: number;
}

/** How a destination sees the texts of points. It remembers: there are few texts in many points. */
export interface Eyes<Name extends Seen, Source extends Seen, Unit extends Seen> {
  readonly name: (text: string, type: PointValue['type']) => Name;
  readonly source: (text: string) => Source;
  readonly unit: (text: string) => Unit;
}

/** One or more points that are the same one to a destination, as it will see them. */
export interface MergedPoint<Name extends Seen, Source extends Seen, Unit extends Seen> {
  readonly name: Name;
  readonly source: Source;
  readonly unit: Unit;
  readonly window: WindowRef;
  value: PointValue;
  /** How many points are in it. */
  points: number;
}

/** Points from one where others get their turn to the next, for whoever prepares them: a fraction of a ms. */
export const POINTS_AT_ONCE = 64;

const TYPES = { sum: 0, last: 1, distribution: 2, cardinality: 3 } as const;

/** Merges points that are the same one to a destination, in order of first arrival. It yields now and then. */
export function* mergeAlike<Name extends Seen, Source extends Seen, Unit extends Seen>(
  points: Iterable<MetricPoint>,
  eyes: Eyes<Name, Source, Unit>,
): Generator<void, MergedPoint<Name, Source, Unit>[], void> {
  const merged: MergedPoint<Name, Source, Unit>[] = [];
  const numbers = new Triples();
  let met = 0;
  for (const { name: nameText, source: sourceText, unit: unitText, window, value } of points) {
    if (met++ % POINTS_AT_ONCE === 0) yield;
    const name = eyes.name(nameText, value.type);
    const source = eyes.source(sourceText);
    const unit = eyes.unit(unitText);
    const number = numbers.numberOf(name.number, source.number, 4 * unit.number + TYPES[value.type]);
    if (number < merged.length) {
      const held = merged[number]!;
      held.value = mergeValues(held.value, value);
      held.points++;
    } else merged.push({ name, source, unit, window, value, points: 1 });
  }
  return merged;
}
