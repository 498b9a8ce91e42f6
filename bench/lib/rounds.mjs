import { cpus } from 'node:os';

/**
 * How all benchmarks measure: ratios in one run. The sides of a comparison take turns, A B A B …, over nine rounds, so that
 * whatever else the machine does meets all of them; what counts is CPU time, not the clock on the wall; and a claim holds if
 * it holds in seven rounds of the nine.
 */
export const ROUNDS = 9;

/** So many rounds must bear a claim out. */
export const ROUNDS_NEEDED = 7;

/** CPU time of this process while `work` runs, all of its threads included, in µs. */
export function cpuOf(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/**
 * Runs sides by turns.
 *
 * @param sides by name, each a function that does its work and returns what it cost
 * @returns by name, a cost for each round
 */
export function byTurns(sides, rounds = ROUNDS) {
  const names = Object.keys(sides);
  const costs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) costs[name].push(sides[name]());
    progress(`round ${round + 1} of ${rounds}`);
  }
  progress('');
  return costs;
}

/** As {@link byTurns}, for sides that return promises. */
export async function byTurnsAsync(sides, rounds = ROUNDS) {
  const names = Object.keys(sides);
  const costs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      costs[name].push(await sides[name]());
      progress(`round ${round + 1} of ${rounds}, ${name}`);
    }
  }
  progress('');
  return costs;
}

/** The ratio of two costs, round by round. */
export function ratios(dividend, divisor) {
  return dividend.map((cost, round) => cost / divisor[round]);
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** What seven of nine rounds reach: the third from the worse end. @param better `higher` or `lower` */
export function borneOut(numbers, better) {
  const sorted = [...numbers].sort((a, b) => (better === 'higher' ? b - a : a - b));
  return sorted[Math.min(sorted.length, ROUNDS_NEEDED) - 1];
}

/**
 * One claim of a benchmark.
 *
 * @param id what it is called in baseline.json
 * @param what for people
 * @param numbers a ratio, or a cost, for each round
 * @param better `higher` or `lower`
 * @param target what it is to reach; undefined if it is only noted
 */
export function claim(id, what, numbers, better, target) {
  const reached = borneOut(numbers, better);
  const holds = target === undefined ? undefined : better === 'higher' ? reached >= target : reached <= target;
  return { id, what, better, median: median(numbers), reached, target, holds, rounds: numbers };
}

/** Prints claims: a table for eyes, or JSON (one line) where `--json` is given or the output is no terminal's. */
export function report(benchmark, claims, notes = {}) {
  const result = { benchmark, node: process.version, cpus: cpuName(), at: new Date().toISOString(), claims, notes };
  const rows = claims.map(({ what, median, reached, better, target, holds }) => [
    what,
    short(median),
    short(reached),
    target === undefined ? '' : `${better === 'higher' ? '≥' : '≤'} ${short(target)}`,
    holds === undefined ? '' : holds ? 'holds' : 'does not',
  ]);
  process.stdout.write(table(['what', 'median', `${ROUNDS_NEEDED} of ${ROUNDS}`, 'target', ''], rows));
  for (const [name, value] of Object.entries(notes)) process.stdout.write(`${name}: ${value}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result;
}

function table(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |\n`;
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('');
}

function short(number) {
  return Number.isInteger(number) ? String(number) : number.toPrecision(3);
}

function cpuName() {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
}

/** On a terminal only: a pipe is for machines. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
