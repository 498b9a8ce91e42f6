import { mergeAlike, type MergedPoint, type MetricPoint, QUANTILES } from '../../model/metric-point.js';
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

/**
 * The gauges of one window's points. To Librato a gauge is its name, source and time, letter case aside: points of one
 * kind and unit that agree in these once they are sanitised are merged; of others, which cannot be, the first to come stays.
 */
export function* prepareGauges(points: readonly MetricPoint[]): Sliced<Prepared> {
  const records: DestinationRecord[] = [];
  const taken = new Set<string>();
  let collisions = 0;
  for (const merged of yield* mergeAlike(points, sanitised, identityOf)) {
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

function sanitised(point: MetricPoint): MetricPoint {
  const lengthMax = point.value.type === 'distribution' ? LENGTH_MAX - SUFFIX_LENGTH_MAX : LENGTH_MAX;
  return { ...point, name: sanitise(point.name, lengthMax), source: sanitiseSource(point.source) };
}

function identityOf({ name, source, unit, value }: MetricPoint): string {
  return `${value.type}\0${unit}\0${name.toLowerCase()}\0${source.toLowerCase()}`;
}

function gaugesOf({ name, source, unit, window, value }: MergedPoint): LibratoGauge[] {
  const attributes: LibratoAttributes = { display_min: 0, display_units_long: unit };
  const common = { measure_time: window.startSeconds, ...(source !== '' && { source }) };
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
