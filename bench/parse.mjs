/**
 * bench:parse: what it costs to read bodies and aggregate them, against the reference in bench/parse/reference.mjs and against
 * copying the same bytes. Both sides go from the bytes of a body to the bytes that are stored.
 *
 *     npm run bench:parse [-- --dist DIST]
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { corpus } from './corpus.mjs';
import { byTurns, claim, cpuOf, ratios, report } from './lib/rounds.mjs';
import { aggregate, bucketsOf } from './parse/reference.mjs';

const { values: settings } = parseArgs({
  options: { dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') } },
});
const { DrainParser } = await import(pathToFileURL(resolve(settings.dist, 'parsing/drain-parser.js')).href);

const baseline = JSON.parse(readFileSync(new URL('baseline.json', import.meta.url), 'utf8'));
const hash = createHash('sha256')
  .update(readFileSync(new URL('parse/reference.mjs', import.meta.url)))
  .digest('hex');
if (hash !== baseline.referenceSha256) {
  process.stderr.write(
    'bench/parse/reference.mjs is not the one that bench/baseline.json knows: no ratio would mean anything\n',
  );
  process.exit(1);
}

const OPTIONS = { resolutionSeconds: 60, prefix: '', sourcePrefix: '', routerSource: 'none', platform: false };

/** Corpus, size of a body in bytes, and what is to be reached against the reference. */
const CASES = [
  ['mixed', 10_000, undefined],
  ['mixed', 100_000, 15],
  ['metrics', 100_000, 12],
];

/** Passes over the corpus that one measurement takes: long enough for the clock, and for the optimizer to have its say. */
const PASSES = 20;
const WARM_UP_PASSES = 30;

let collectedMs = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) collectedMs += entry.duration;
}).observe({ entryTypes: ['gc'] });

const parser = new DrainParser(1);
const claims = [];
const notes = {};

for (const [kind, bodyBytes, target] of CASES) {
  const { bodies, lines } = corpus(kind, bodyBytes);
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const title = `${kind} ${bodyBytes / 1000} KB`;
  check(bodies);
  const copies = Buffer.alloc(Math.max(...bodies.map((body) => body.length)));
  const sides = {
    ours: (passes = PASSES) =>
      perPass(passes, () => bodies.forEach((body) => parser.parse(body, 'octet-counted', OPTIONS, 0))),
    reference: (passes = 2) => perPass(passes, () => bodies.forEach((body) => aggregate(body, 60))),
    copy: (passes = PASSES * 5) => perPass(passes, () => bodies.forEach((body) => body.copy(copies))),
  };
  sides.ours(WARM_UP_PASSES);
  sides.reference(3);
  const costs = byTurns(Object.fromEntries(Object.entries(sides).map(([name, side]) => [name, () => side()])));
  const id = `parse.${kind}${bodyBytes / 1000}k`;
  claims.push(
    claim(
      `${id}.reference`,
      `${title}: × as fast as the reference`,
      ratios(costs.reference, costs.ours),
      'higher',
      target,
    ),
  );
  claims.push(
    claim(`${id}.copy`, `${title}: × as slow as copying`, ratios(costs.ours, costs.copy), 'lower', undefined),
  );
  const us = Math.min(...costs.ours);
  notes[title] = `${(bytes / us).toFixed(0)} MB/s, ${((us * 1000) / lines).toFixed(0)} ns a line, in the best round`;
}

// Garbage: what collection takes of the time that parsing alone takes.
{
  const { bodies } = corpus('mixed', 100_000);
  await settle();
  collectedMs = 0;
  let cpu = 0;
  for (let pass = 0; pass < 200; pass++) {
    cpu += cpuOf(() => bodies.forEach((body) => parser.parse(body, 'octet-counted', OPTIONS, 0)));
  }
  await settle();
  claims.push(claim('parse.gc', 'share of collection while parsing, %', [(collectedMs * 100_000) / cpu], 'lower', 1));
}

report('parse', claims, notes);

/** The observer is told of collections a turn later. */
function settle() {
  return new Promise((done) => setTimeout(done, 50));
}

function perPass(passes, pass) {
  return (
    cpuOf(() => {
      for (let i = 0; i < passes; i++) pass();
    }) / passes
  );
}

/** Speed is worth nothing if the two do not find the same. */
function check(bodies) {
  for (const body of bodies) {
    const buckets = [...bucketsOf(body, 60).values()];
    const measured = buckets.reduce((sum, { values }) => sum + values.length, 0);
    const parsed = parser.parse(body, 'octet-counted', OPTIONS, 0);
    if (parsed.rejected.length > 0 || parsed.measurementsByKind[1] !== measured) {
      throw new Error(`the reference finds ${measured} values of measurements, we ${parsed.measurementsByKind[1]}`);
    }
  }
}
