import { mergeValues, type MetricPoint, type PointValue, QUANTILES } from '../../model/metric-point.js';
import type { DestinationRecord, Prepared, Sliced } from '../destination.js';

/** A gauge as `POST /v1/metrics` takes it: `value`, or the four of a "complex" one. */
export interface LibratoGauge {
  readonly name: string;
  /** s since the epoch: the start of the window, as in the Go program. */
  readonly measure_time: number;
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly max?: number;
  readonly min?: number;
  readonly source?: string;
  readonly attributes: LibratoAttributes;
}

/** Honoured when a metric is created, ignored afterwards. */
interface LibratoAttributes {
  readonly display_min: 0;
  readonly display_units_long: string;
  /** Without it, roll-ups average counts instead of adding them. */
  readonly summarize_function?: 'sum';
}

/** Names and sources have up to so many characters (Librato api-docs, "Metrics"). */
const LENGTH_MAX = 255;

/** What a measurement's longest suffix takes of it. */
const SUFFIX_LENGTH_MAX = 1 + Math.max(...QUANTILES.map(({ suffix }) => suffix.length));

/** One or more points that are the same one to Librato, under the name and source that it will see. */
interface Merged {
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  readonly startSeconds: number;
  value: PointValue;
  /** How many points are in it. */
  points: number;
}

/**
 * The gauges of one window's points. To Librato a gauge is its name, source and time, letter case aside: points of one
 * kind and unit that agree in these once they are sanitised are merged; of others, which cannot be, the first to come stays.
 */
export function* prepareGauges(points: readonly MetricPoint[]): Sliced<Prepared> {
  const records: DestinationRecord[] = [];
  const taken = new Set<string>();
  let collisions = 0;
  for (const merged of yield* mergeAlike(points)) {
    yield;
    const body = gaugesOf(merged);
    const keys = body.map(({ name, source }) => `${name}\0${source ?? ''}`.toLowerCase());
    if (keys.some((key) => taken.has(key))) {
      collisions += merged.points;
      continue;
    }
    for (const key of keys) taken.add(key);
    records.push({ weight: body.length, body });
  }
  return { records, collisions };
}

function* mergeAlike(points: readonly MetricPoint[]): Sliced<Iterable<Merged>> {
  const byKey = new Map<string, Merged>();
  for (const { name: rawName, source: rawSource, unit, window, value } of points) {
    yield;
    const name = sanitise(rawName, value.type === 'distribution' ? LENGTH_MAX - SUFFIX_LENGTH_MAX : LENGTH_MAX);
    const source = sanitiseSource(rawSource);
    const key = `${value.type}\0${unit}\0${name.toLowerCase()}\0${source.toLowerCase()}`;
    const held = byKey.get(key);
    if (held) {
      held.value = mergeValues(held.value, value);
      held.points++;
    } else {
      byKey.set(key, { name, source, unit, startSeconds: window.startSeconds, value, points: 1 });
    }
  }
  return byKey.values();
}

function gaugesOf({ name, source, unit, startSeconds, value }: Merged): LibratoGauge[] {
  const attributes: LibratoAttributes = { display_min: 0, display_units_long: unit };
  const common = { measure_time: startSeconds, ...(source !== '' && { source }) };
  switch (value.type) {
    case 'sum':
      return [{ name, value: value.sum, ...common, attributes: { ...attributes, summarize_function: 'sum' } }];
    case 'last':
      return [{ name, value: value.last, ...common, attributes }];
    case 'cardinality':
      return [{ name, value: value.cardinality.estimate(), ...common, attributes }];
    case 'distribution': {
      const { count, sum, max, min } = value.distribution;
      return [
        { name, count, sum, max, min, ...common, attributes },
        ...QUANTILES.map(({ suffix, q }) => {
          return { name: `${name}.${suffix}`, value: value.distribution.quantile(q), ...common, attributes };
        }),
      ];
    }
  }
}

/** What Librato allows in names and sources (api-docs, "Metrics"); its own statsd backend puts `_` for all else, too. */
function sanitise(text: string, lengthMax: number): string {
  return text.replace(/[^A-Za-z0-9.:_-]+/g, '_').slice(0, lengthMax);
}

/** The word `all` is reserved among sources: it stands for every one of them. */
function sanitiseSource(text: string): string {
  const source = sanitise(text, LENGTH_MAX);
  return source.toLowerCase() === 'all' ? `${source}_` : source;
}
