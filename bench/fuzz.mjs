/**
 * Feeds damaged bodies to the built parser and checks what must hold for any bytes at all: it never throws, never takes long,
 * its counts agree with each other and with the batches it encodes, its two engines find the same to the last byte, and its
 * memory stays flat.
 *
 *     node bench/fuzz.mjs [--bodies 200000] [--seed 1] [--dist dist]
 *
 * The same seed gives the same bodies. Exits with 1 at the first body that breaks a rule, and prints it.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';

const { values: settings } = parseArgs({
  options: {
    bodies: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') },
  },
});

if (globalThis.gc === undefined) {
  // Heap sizes can be compared only right after a collection.
  const again = spawnSync(process.execPath, ['--expose-gc', import.meta.filename, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exit(again.status ?? 1);
}

const bodyCount = Number(settings.bodies);
const seed = Number(settings.seed);
const built = (path) => import(pathToFileURL(resolve(settings.dist, path)).href);
const { DrainParser } = await built('parsing/drain-parser.js');
const { decodeBatch } = await built('model/batch-reader.js');
const { Kind } = await built('model/kind.js');

/** The slowest a body of a few kB may be, twice in a row: the first time may have been the machine's. */
const MAX_PARSE_MS = 50;
/** Growth of the heap from the first third to the last that is still called flat: tables grow to the largest body. */
const MAX_GROWTH_BYTES = 8 << 20;

/** Mulberry32: a small generator that is the same everywhere. */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(seed);
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const KEYS = [
  'measure#',
  'measure.',
  'count#',
  'sample#',
  'unique#',
  'source',
  'connect',
  'service',
  'bytes',
  'dyno',
  'host',
  'x',
];
const NAMES = ['', 'a', 'db.query', 'a', 'b', 'größe', 'n'.repeat(255), 'n'.repeat(300), 'measure#a', '\xff'];
const VALUES = [
  '',
  '1',
  '4.7ms',
  '-3',
  '1e3',
  '7.9e-05s',
  'NaN',
  '1e400',
  '0x1F',
  '1,000',
  '.',
  '5ms2',
  '"5"',
  '"',
  '"a\\"b"',
  '9'.repeat(30),
];
const TIMES = [
  '2026-03-04T10:15:02.318442+00:00',
  '2026-03-04T10:16:02+00:00',
  '-',
  '1969-12-31T23:59:59Z',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59-23:59',
];
const PROCESSES = ['web.1', 'router', 'logplex', 'log-shuttle', 'heroku-postgres', '-'];
const TEXTS = [
  'Error L10 (output buffer overflow): 37 messages dropped since',
  'Error L12: 5 messages dropped',
  'Orders#show',
  '{"x":"count#j=1"}',
  '- -',
  '[id k="v"]',
  '\ufeff',
];
const COUNTS = [
  '0',
  '-1',
  '00',
  '0x10',
  'abc',
  '',
  '1e2',
  '4611686018427387904',
  '18446744073709551616',
  '99999999',
  '2000',
];
/** What mutation writes into a body: whatever a parser might trip over. */
const TOKENS = [
  ' ',
  '  ',
  '\n',
  '\r\n',
  '\0',
  '"',
  '\\',
  '=',
  '#',
  '[',
  ']',
  '<45>1 ',
  ' <45>1 ',
  '12 <45>1 ',
  '9',
  '-',
  '.',
  'e',
  'measure',
  'count#',
  'source=',
  '\xff\xfe',
  ...COUNTS,
];

function text() {
  return Array.from({ length: below(6) }, () => {
    if (random() < 0.2) return pick(TEXTS);
    return `${pick(KEYS)}${random() < 0.7 ? pick(NAMES) : ''}${random() < 0.8 ? `=${pick(VALUES)}` : ''}`;
  }).join(pick([' ', ' ', '  ', '\t', '']));
}

function message() {
  return `<${below(192)}>1 ${pick(TIMES)} host app ${pick(PROCESSES)} - ${pick(['', '- '])}${text()}${pick(['\n', ''])}`;
}

function frame() {
  const content = message();
  const length = Buffer.byteLength(content);
  const off = random();
  if (off < 0.85) return `${length} ${content}`;
  if (off < 0.95) return `${length + below(9) - 4} ${content}`;
  return `${pick(COUNTS)} ${content}`;
}

function wellFormedBody() {
  const count = below(12);
  if (random() < 0.15) return Buffer.from(Array.from({ length: count }, message).join('\n'));
  return Buffer.from(Array.from({ length: count }, frame).join(''));
}

/** The parts of a body, spliced, overwritten, cut or doubled at random places. */
function mutated(body, other) {
  const at = below(body.length + 1);
  switch (below(7)) {
    case 0:
      return body.subarray(0, at);
    case 1:
      return body.subarray(at);
    case 2:
      return Buffer.concat([body.subarray(0, at), other.subarray(below(other.length + 1))]);
    case 3:
      return Buffer.concat([body.subarray(0, at), Buffer.from(pick(TOKENS), 'latin1'), body.subarray(at)]);
    case 4:
      return Buffer.concat([body.subarray(0, at), body.subarray(at + 1 + below(8))]);
    case 5: {
      const flipped = Buffer.from(body);
      if (flipped.length > 0) flipped[below(flipped.length)] = below(256);
      return flipped;
    }
    default: {
      const part = body.subarray(at, at + below(200));
      return Buffer.concat([body.subarray(0, at), ...Array.from({ length: below(30) }, () => part), body.subarray(at)]);
    }
  }
}

function nextBody(previous) {
  let body = wellFormedBody();
  for (let mutations = below(5); mutations > 0; mutations--) body = mutated(body, previous);
  // A view into a larger buffer, as the HTTP server hands them over.
  const offset = below(8);
  return Buffer.concat([Buffer.alloc(offset, '7'), body, Buffer.from('77 <45>1 ')]).subarray(
    offset,
    offset + body.length,
  );
}

function nextOptions() {
  return {
    resolutionSeconds: pick([1, 60, 3600]),
    prefix: pick(['', '', 'app', 'p'.repeat(260)]),
    sourcePrefix: pick(['', '', 'prod']),
    routerSource: pick(['none', 'dyno', 'host']),
    platform: pick([false, true]),
  };
}

function check(condition, rule) {
  if (!condition) throw new Error(rule);
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Everything that must hold of any answer. */
function checkParsed(parsed, body) {
  const { windows, measurementsByKind, rejectedFrames, rejectedMeasurements, rejected, lossNotices } = parsed;
  check(sum(measurementsByKind) === parsed.measurements, 'measurements is the sum over kinds');
  check(
    sum(windows.map((window) => window.measurements)) === parsed.measurements,
    'measurements is the sum over windows',
  );
  check(
    windows.every((window, i) => i === 0 || window.startSeconds > windows[i - 1].startSeconds),
    'windows ascend',
  );
  const losses = sum(Object.values(rejectedFrames)) + sum(Object.values(rejectedMeasurements));
  check(rejected.length === Math.min(20, losses), 'the first 20 rejections are listed');
  check(
    rejected.every(({ offset }) => offset >= 0 && offset < body.length),
    'offsets lie in the body',
  );
  check((parsed.unreadable !== undefined) === (parsed.messages === 0 && losses > 0), 'unreadable is nothing read');
  const isBlank = body.every((byte) => byte <= 0x20 || byte === 0xef || byte === 0xbb || byte === 0xbf);
  check(parsed.messages > 0 || losses > 0 || isBlank, 'what is not read is counted');
  check(Object.values(lossNotices).every(Number.isSafeInteger), 'loss notices are whole numbers');
  for (const window of windows) checkBatch(window);
}

/** WebAssembly against TypeScript. */
function checkSame(parsed, { windows, ...expected }) {
  check(isDeepStrictEqual({ ...parsed, windows: [] }, { ...expected, windows: [] }), 'both engines count the same');
  check(
    windows.length === parsed.windows.length &&
      windows.every(({ startSeconds, measurements, bytes }, i) => {
        const other = parsed.windows[i];
        return (
          startSeconds === other.startSeconds &&
          measurements === other.measurements &&
          Buffer.compare(bytes, other.bytes) === 0
        );
      }),
    'both engines encode the same',
  );
}

function checkBatch(window) {
  const buckets = decodeBatch(window.bytes);
  const identities = new Set();
  let least = 0;
  for (const bucket of buckets) {
    identities.add(`${bucket.kind}\0${bucket.name}\0${bucket.source}\0${bucket.unit}`);
    least += bucket.kind === Kind.measure ? bucket.distribution.count : 1;
    check(
      bucket.name.length > 0 && bucket.name.length <= 255 && bucket.source.length <= 255,
      'names keep their limits',
    );
    check(/^[A-Za-z%/]{0,16}$/.test(bucket.unit), 'units are units');
    check(Number.isFinite(valueOf(bucket)), 'values are finite');
  }
  // Bytes that are not UTF-8 may make two names alike once decoded.
  check(
    identities.size === buckets.length ||
      window.bytes.includes(0xff) ||
      window.bytes.includes(0xfe) ||
      hasInvalidText(window.bytes),
    'buckets are distinct',
  );
  check(least <= window.measurements, 'a batch holds no more than was measured');
  const isExact = buckets.every((bucket) => bucket.kind === Kind.measure);
  check(!isExact || least === window.measurements, 'a batch holds all that was measured');
}

function valueOf(bucket) {
  if (bucket.kind === Kind.measure) return bucket.distribution.sum;
  if (bucket.kind === Kind.unique) return bucket.cardinality.estimate();
  return bucket.kind === Kind.count ? bucket.sum : bucket.value;
}

function hasInvalidText(bytes) {
  return Buffer.from(bytes).toString().includes('\ufffd');
}

const nowMs = 1_772_619_302_000;
const parser = new DrainParser(seed);
const oracle = new DrainParser(seed, 'script');
const totals = { bytes: 0, messages: 0, measurements: 0, framesLost: 0, rejected: 0, slowestMs: 0, parseMs: 0 };
const heapBytes = [];
let previous = Buffer.alloc(0);

const timed = (body, framing, options) => {
  let from = performance.now();
  const parsed = parser.parse(body, framing, options, nowMs);
  let tookMs = performance.now() - from;
  totals.parseMs += tookMs;
  if (tookMs > MAX_PARSE_MS) {
    from = performance.now();
    parser.parse(body, framing, options, nowMs);
    tookMs = Math.min(tookMs, performance.now() - from);
  }
  totals.slowestMs = Math.max(totals.slowestMs, tookMs);
  check(tookMs <= MAX_PARSE_MS, `a body of ${body.length} bytes took ${tookMs.toFixed(0)} ms`);
  return parsed;
};

const startedAt = performance.now();
for (let i = 0; i < bodyCount; i++) {
  const body = nextBody(previous);
  const options = nextOptions();
  try {
    const framing = random() < 0.5 ? 'octet-counted' : 'detect';
    const parsed = timed(body, framing, options);
    checkParsed(parsed, body);
    checkSame(parsed, oracle.parse(body, framing, options, nowMs));
    totals.bytes += body.length;
    totals.messages += parsed.messages;
    totals.measurements += parsed.measurements;
    totals.framesLost += sum(Object.values(parsed.rejectedFrames));
    totals.rejected += sum(Object.values(parsed.rejectedMeasurements));
  } catch (error) {
    console.error(`\nbody ${i} of seed ${seed} breaks a rule: ${error.stack}`);
    console.error(`options ${JSON.stringify(options)}\nbody ${JSON.stringify(body.toString('latin1'))}`);
    process.exit(1);
  }
  previous = body.length < 20_000 ? body : Buffer.alloc(0);
  if ((i + 1) % Math.max(1, Math.floor(bodyCount / 30)) === 0) {
    globalThis.gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heapBytes.push(heapUsed + arrayBuffers);
    if (process.stdout.isTTY)
      process.stdout.write(`\r${Math.round((100 * (i + 1)) / bodyCount)} % of ${bodyCount} bodies`);
  }
}

const third = Math.floor(heapBytes.length / 3);
const growthBytes = sum(heapBytes.slice(-third)) / third - sum(heapBytes.slice(0, third)) / third;
console.log(
  `${process.stdout.isTTY ? '\r' : ''}${bodyCount} bodies (${(totals.bytes / 1e6).toFixed(0)} MB) of seed ${seed} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
);
console.log(`  read      ${totals.messages} messages, ${totals.measurements} measurements`);
console.log(`  rejected  ${totals.framesLost} frames, ${totals.rejected} measurements`);
console.log(
  `  slowest   ${totals.slowestMs.toFixed(1)} ms a body (at most ${MAX_PARSE_MS}), ${((1000 * totals.parseMs) / bodyCount).toFixed(0)} µs on average`,
);
console.log(
  `  memory    ${(growthBytes / 1e6).toFixed(2)} MB from the first third to the last (at most ${MAX_GROWTH_BYTES / 1e6})`,
);
if (third > 0 && growthBytes > MAX_GROWTH_BYTES) {
  console.error('memory grows');
  process.exit(1);
}
console.log('all rules held');
