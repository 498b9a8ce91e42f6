/**
 * bench:check: whether something got worse. Runs benchmarks and compares the median of each claim that bench/baseline.json lists
 * with what it was there. Only what does not depend on the machine belongs there: ratios within one run.
 *
 *     npm run bench:check [-- parse ingest outlet scale] [-- --update]
 *
 * `--update` writes the medians there instead, those of claims on ratios that it does not list yet included.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** A median may be so many times as bad as before: two runs of the same program differ by less. */
const WORSE_MAX = 1.15;

const BASELINE = new URL('baseline.json', import.meta.url);

const { values: settings, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: 'boolean', default: false } },
});
const benchmarks = positionals.length > 0 ? positionals : ['parse', 'ingest', 'outlet', 'scale'];

const results = [];
for (const benchmark of benchmarks) results.push(await run(benchmark));

const baseline = JSON.parse(readFileSync(BASELINE, 'utf8'));
if (settings.update) update();
else compare();

/** Runs one benchmark and shows what it says. @returns its result: the last line that it prints */
async function run(benchmark) {
  const script = fileURLToPath(new URL(`${benchmark}.mjs`, import.meta.url));
  // Progress goes to the terminal, if there is one.
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  const code = await new Promise((ended, failed) => child.once('close', ended).once('error', failed));
  if (code !== 0) {
    process.stderr.write(`${printed}${benchmark} ended with ${code}\n`);
    process.exit(1);
  }
  const lines = printed.trimEnd().split('\n');
  const result = JSON.parse(lines.pop());
  process.stdout.write(`${lines.join('\n')}\n\n`);
  return result;
}

function compare() {
  const claims = new Map(results.flatMap((result) => result.claims).map((claim) => [claim.id, claim]));
  const listed = Object.entries(baseline.claims).filter(([id]) => benchmarks.includes(id.split('.')[0]));
  const problems = [];
  for (const [id, before] of listed) {
    const claim = claims.get(id);
    if (!claim) {
      problems.push(`${id}: bench/baseline.json lists it, and it was not measured`);
      continue;
    }
    const { what, better, median } = claim;
    const worse = better === 'higher' ? before / median : median / before;
    // Not the other way round: what is no number at all is no better.
    if (!(worse <= WORSE_MAX)) {
      const percent = ((worse - 1) * 100).toFixed(0);
      problems.push(`${id}: ${percent} % worse, ${before} before and ${rounded(median)} now (${what})`);
    }
  }
  if (listed.length === 0) problems.push('bench/baseline.json lists nothing of these benchmarks: --update writes it');
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(`${listed.length} claims compared, ${problems.length} problems\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

function update() {
  for (const { id, median, ratio } of results.flatMap((result) => result.claims)) {
    if (ratio === true || id in baseline.claims) baseline.claims[id] = rounded(median);
  }
  writeFileSync(BASELINE, `${JSON.stringify(baseline, undefined, 2)}\n`);
}

function rounded(number) {
  return Number(number.toPrecision(4));
}
