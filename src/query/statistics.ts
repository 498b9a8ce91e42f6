import { Kind } from '../model/kind.js';
import { type Statistic, STATISTICS } from '../model/window-summary.js';

/** A statistic that can be asked for: those that are kept, and the mean, which follows from them. */
export type AskedStatistic = Statistic | 'mean';

/** In the order in which answers have them. */
export const ASKED_STATISTICS = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  'median',
  'p95',
  'p99',
  'last',
  'unique',
] as const satisfies readonly AskedStatistic[];

/** Other names of some, among them those that destinations get. */
const ALIASES: Readonly<Record<string, AskedStatistic>> = { p50: 'median', perc95: 'p95', perc99: 'p99' };

/** The statistic of a name or an alias. */
export function statisticNamed(text: string): AskedStatistic | undefined {
  return Object.hasOwn(ALIASES, text) ? ALIASES[text] : ASKED_STATISTICS.find((name) => name === text);
}

/** A statistic of one point. @param at where the values of the point begin */
export type StatisticReader = (values: Float64Array, at: number) => number;

/** How many values a point of each kind has. */
export const WIDTHS = {
  [Kind.count]: STATISTICS[Kind.count].length,
  [Kind.measure]: STATISTICS[Kind.measure].length,
  [Kind.sample]: STATISTICS[Kind.sample].length,
  [Kind.unique]: STATISTICS[Kind.unique].length,
} as const satisfies Readonly<Record<Kind, number>>;

/** What can be asked of each kind. */
export const READERS = {
  [Kind.count]: readersOf(Kind.count),
  [Kind.measure]: readersOf(Kind.measure),
  [Kind.sample]: readersOf(Kind.sample),
  [Kind.unique]: readersOf(Kind.unique),
} as const satisfies Readonly<Record<Kind, ReadonlyMap<AskedStatistic, StatisticReader>>>;

function readersOf(kind: Kind): ReadonlyMap<AskedStatistic, StatisticReader> {
  const kept: readonly Statistic[] = STATISTICS[kind];
  const readers = new Map<AskedStatistic, StatisticReader>();
  for (const name of ASKED_STATISTICS) {
    const offset = kept.indexOf(name as Statistic);
    if (offset >= 0) readers.set(name, (values, at) => values[at + offset]!);
    else if (name === 'mean' && kept.includes('count')) {
      const [sum, count] = [kept.indexOf('sum'), kept.indexOf('count')];
      readers.set(name, (values, at) => values[at + sum]! / values[at + count]!);
    }
  }
  return readers;
}
