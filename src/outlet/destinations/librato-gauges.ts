import {
  type Eyes,
  mergeAlike,
  type MergedPoint,
  type MetricPoint,
  POINTS_AT_ONCE,
  QUANTILES,
  type Seen,
} from '../../model/metric-point.js';
import { remembered, Texts } from '../../model/texts.js';
import { Triples } from '../../model/triples.js';
import type { DestinationRecord, Prepared, Sliced } from '../destination.js';

/** Names and sources have up to so many characters (Librato api-docs, "Metrics"). */
const LENGTH_MAX = 255;

/** What a measurement's longest suffix takes of it. */
const SUFFIX_LENGTH_MAX = 1 + Math.max(...QUANTILES.map(({ suffix }) => suffix.length));

/** A name as Librato sees it: that of quantile `quantile` (counted from 1; 0 if it is none's) of the name numbered `base`. */
interface SeenName extends Seen {
  readonly base: number;
  readonly quantile: number;
}

/** One gauge, or a measurement's four. */
type Gauges = MergedPoint<SeenName, Seen, Seen>;

/**
 * The gauges of one window's points. To Librato a gauge is its name, source and time, letter case aside: points of one
 * kind and unit that agree in these once they are sanitised are merged; of others, which cannot be, the first to come stays.
 * A record is heavy by its gauges.
 */
export function* prepareGauges(points: Iterable<MetricPoint>): Sliced<Prepared> {
  const records: DestinationRecord[] = [];
  const taken = new Triples();
  let collisions = 0;
  let met = 0;
  for (const body of yield* mergeAlike(points, libratosEyes())) {
    if (met++ % POINTS_AT_ONCE === 0) yield;
    const { base, quantile, number } = body.name;
    const source = body.source.number;
    const quantiles = body.value.type === 'distribution' ? QUANTILES.length : 0;
    let isTaken = taken.find(base, source, quantile) >= 0;
    for (let q = 1; q <= quantiles; q++) isTaken ||= taken.find(number, source, q) >= 0;
    if (isTaken) {
      collisions += body.points;
      continue;
    }
    taken.numberOf(base, source, quantile);
    for (let q = 1; q <= quantiles; q++) taken.numberOf(number, source, q);
    records.push({ weight: 1 + quantiles, body });
  }
  return { records, collisions };
}

/** Records that {@link prepareGauges} made as the body of a `POST /v1/metrics`. */
export function gaugesJson(records: readonly DestinationRecord[]): string {
  return `{"gauges":[${records.map(({ body }) => recordJson(body as Gauges)).join(',')}]}`;
}

/** What Librato takes names and sources for: sanitised, and letter case counts for nothing. */
function libratosEyes(): Eyes<SeenName, Seen, Seen> {
  const texts = new Texts();
  const numberOf = (text: string): number => texts.numberOf(text.toLowerCase());
  const seen = (text: string): SeenName => {
    const number = numberOf(text);
    const index = QUANTILES.findIndex(({ suffix }) => text.toLowerCase().endsWith(`.${suffix}`));
    if (index < 0) return { text, number, base: number, quantile: 0 };
    return { text, number, base: numberOf(text.slice(0, -1 - QUANTILES[index]!.suffix.length)), quantile: index + 1 };
  };
  const measured = remembered((name) => seen(sanitise(name, LENGTH_MAX - SUFFIX_LENGTH_MAX)));
  const plain = remembered((name) => seen(sanitise(name, LENGTH_MAX)));
  return {
    name: (text, type) => (type === 'distribution' ? measured(text) : plain(text)),
    source: remembered((source) => {
      const text = sanitiseSource(source);
      return { text, number: numberOf(text) };
    }),
    unit: remembered((text) => ({ text, number: texts.numberOf(text) })),
  };
}

/**
 * One gauge with its `value`, or a "complex" one with four of them and those of its quantiles; `measure_time` is the start of
 * the window, as in the Go program. Names and sources are sanitised, and so JSON as they stand.
 */
function recordJson({ name: { text: name }, source: { text: source }, unit, window, value }: Gauges): string {
  const place = `"measure_time":${window.startSeconds}${source === '' ? '' : `,"source":"${source}"`}`;
  // Attributes are honoured when a metric is created, and ignored afterwards.
  const attributes = `"attributes":{"display_min":0,"display_units_long":${JSON.stringify(unit.text)}`;
  switch (value.type) {
    case 'sum':
      // Without it, roll-ups average counts instead of adding them.
      return `{"name":"${name}","value":${value.sum},${place},${attributes},"summarize_function":"sum"}}`;
    case 'last':
      return `{"name":"${name}","value":${value.last},${place},${attributes}}}`;
    case 'cardinality':
      return `{"name":"${name}","value":${value.cardinality.estimate()},${place},${attributes}}}`;
    case 'distribution': {
      const { distribution } = value;
      const { count, sum, max, min } = distribution;
      const rest = `${place},${attributes}}}`;
      let json = `{"name":"${name}","count":${count},"sum":${sum},"max":${max},"min":${min},${rest}`;
      for (const { suffix, q } of QUANTILES) {
        json += `,{"name":"${name}.${suffix}","value":${distribution.quantile(q)},${rest}`;
      }
      return json;
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
