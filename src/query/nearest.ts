import type { Clock } from '../model/clock.js';
import { inTurns } from './in-turns.js';

/** So many names are suggested. */
const NEAREST_MAX = 5;

/** A name of which more than a third would have to be changed is another one, and of a long one more than this. */
const EDITS_MAX = 8;

/** The names that are most like one that nothing has, the nearest first; letter case counts for nothing. */
export async function nearestNames(
  name: string,
  names: Iterable<string>,
  clock: Pick<Clock, 'monotonic'>,
): Promise<string[]> {
  const wanted = name.toLowerCase();
  const edits = Math.min(EDITS_MAX, Math.ceil(wanted.length / 3));
  const near: { name: string; distance: number }[] = [];
  await inTurns(
    [...new Set(names)],
    (candidate) => {
      // Once there are enough, only a nearer one matters.
      const limit = near.length < NEAREST_MAX ? edits : near.at(-1)!.distance - 1;
      const distance = editDistance(wanted, candidate.toLowerCase(), limit);
      if (distance > limit) return;
      near.push({ name: candidate, distance });
      near.sort((a, b) => a.distance - b.distance);
      near.length = Math.min(near.length, NEAREST_MAX);
    },
    clock,
    8,
  );
  return near.map((found) => found.name);
}

/**
 * How many characters have to be put in, left out or changed to make one text of another (Levenshtein). Only looks at what stays
 * within `limit` (Ukkonen, "Algorithms for approximate string matching", 1985): limit × length steps.
 *
 * @returns more than `limit` if it is more, it does not matter how much
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let above = Array.from({ length: b.length + 2 }, (_, j) => j);
  let row = new Array<number>(b.length + 2).fill(0);
  for (let i = 1; i <= a.length; i++) {
    const [start, end] = [Math.max(1, i - limit), Math.min(b.length, i + limit)];
    // Just outside of what is looked at.
    let least = (row[start - 1] = start === 1 ? i : limit + 1);
    for (let j = start; j <= end; j++) {
      const changed = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(changed, above[j]! + 1, row[j - 1]! + 1);
      least = Math.min(least, row[j]!);
    }
    if (least > limit) return limit + 1;
    row[end + 1] = limit + 1;
    [above, row] = [row, above];
  }
  return above[b.length]!;
}
