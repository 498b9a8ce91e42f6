import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BATCH_VERSION } from './batch-format.js';
import { atOnce } from '../../test/fixtures/at-once.js';
import { CorruptBatchError, decodeBatch, UnknownBatchVersionError } from './batch-reader.js';
import { type Bucket, bucketKey } from './bucket.js';
import { Cardinality, EXACT_HASHES_MAX, REGISTERS } from './cardinality.js';
import { Distribution, EXACT_VALUES_MAX } from './distribution.js';
import { Kind } from './kind.js';
import { sorted } from './sketch.js';
import { encodeBatch, WindowBuckets } from './window-batch.js';

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 2 ** -1022, Number.MAX_VALUE, -Number.MAX_VALUE, 1e126, 2 ** 53),
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'db.latency', 'web.1', 'ms', 'é', '漢字', '👩‍👩‍👧', '\0', '\ufeffbom', 'x'.repeat(300)),
);

function of(values: Iterable<number>): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

/** More values than are kept as they are, so a sketch; cheaply so. */
const sketched = fc.tuple(number, fc.array(number, { maxLength: 30 })).map(([many, few]) => {
  const distribution = of(few);
  while (distribution.count <= EXACT_VALUES_MAX)
    distribution.merge(of([many, -many, 0, many * 3].map((x) => Math.max(-1e300, Math.min(1e300, x)))));
  return distribution;
});
const exact = fc.array(number, { maxLength: 50 }).map(of);

/** So many different strings, of which no two sets have any in common. */
const unique = fc.tuple(fc.nat(2 * EXACT_HASHES_MAX), fc.nat(2 ** 19)).map(([count, from]) => {
  const cardinality = new Cardinality();
  for (let i = 0; i < count; i++) cardinality.add((from + i) * 8_589_935_681);
  return cardinality;
});

const bucket: fc.Arbitrary<Bucket> = fc
  .tuple(text, text, text, fc.integer({ min: 0, max: 39 }), number, number, fc.boolean())
  .chain(([name, source, unit, dice, a, b, negative]): fc.Arbitrary<Bucket> => {
    const identity = { name, source, unit };
    if (dice === 39) return unique.map((cardinality) => ({ kind: Kind.unique, ...identity, cardinality }));
    if (dice === 0) return sketched.map((distribution) => ({ kind: Kind.measure, ...identity, distribution }));
    if (dice < 15) return exact.map((distribution) => ({ kind: Kind.measure, ...identity, distribution }));
    if (dice < 28) return fc.constant({ kind: Kind.count, ...identity, sum: a, negative });
    return fc.constant({ kind: Kind.sample, ...identity, value: a, atUs: b });
  });
const buckets = fc.array(bucket, { maxLength: 12 });

/** A bucket as plain values that can be compared. */
function plain(of: Bucket): unknown {
  if (of.kind === Kind.unique) {
    const { registers } = of.cardinality;
    return { ...of, cardinality: registers ?? [...of.cardinality.exactHashes()!].sort((a, b) => a - b) };
  }
  if (of.kind !== Kind.measure) return of;
  const { count, sum, min, max, sketch } = of.distribution;
  const values = [...(of.distribution.exactValues() ?? [])];
  const bins = sketch && [sorted(sketch.negative), sketch.zero, sorted(sketch.positive)];
  return { ...of, distribution: { count, sum, min, max, values, bins } };
}

/** One of each kind, with texts met before. */
function sampler(): Uint8Array {
  const distribution = of(Array.from({ length: EXACT_VALUES_MAX + 1 }, (_, i) => (i % 500) - 7));
  return encodeBatch([
    { kind: Kind.count, name: 'jobs', source: 'web.1', unit: '', sum: -3, negative: true },
    { kind: Kind.measure, name: 'db.latency', source: 'web.1', unit: 'ms', distribution: of([4, 5.5]) },
    { kind: Kind.sample, name: 'jobs', source: '', unit: '', value: 17, atUs: 1.7e15 },
    { kind: Kind.measure, name: 'db.latency', source: 'web.2', unit: 'ms', distribution },
  ]);
}

describe('encodeBatch and decodeBatch', () => {
  it('give back what went in: any text, any number, both forms of a distribution', () => {
    fc.assert(
      fc.property(buckets, (list) => {
        expect(decodeBatch(encodeBatch(list)).map(plain)).toEqual(list.map(plain));
      }),
      { numRuns: 200 },
    );
  });

  it('read a batch that lies within a larger buffer', () => {
    const bytes = sampler();
    const around = new Uint8Array(bytes.length + 20).fill(0xff);
    around.set(bytes, 9);
    expect(decodeBatch(around.subarray(9, 9 + bytes.length)).map(plain)).toEqual(decodeBatch(bytes).map(plain));
  });

  it('are the format that stands in the storage: a golden batch', () => {
    const golden =
      '0110' +
      '00046a6f6273' +
      '0005' +
      '7765622e31' +
      '01' +
      '00000000000008c0' +
      '01' +
      '02' +
      '01' +
      '00026d73' +
      '02' +
      '0000000000001040' +
      '0000000000001640' +
      '02' +
      '02' +
      '01' +
      '01' +
      '0000000000003140' +
      '000000000000f03f' +
      '03' +
      '01' +
      '01' +
      '01' +
      '02' +
      '000000000000f03f' +
      'ffffffffffff3f43';
    const cardinality = new Cardinality();
    cardinality.add(1);
    cardinality.add(2 ** 53 - 1);
    const list: Bucket[] = [
      { kind: Kind.count, name: 'jobs', source: 'web.1', unit: '', sum: -3, negative: true },
      { kind: Kind.measure, name: 'jobs', source: '', unit: 'ms', distribution: of([4, 5.5]) },
      { kind: Kind.sample, name: 'jobs', source: '', unit: '', value: 17, atUs: 1 },
      { kind: Kind.unique, name: '', source: '', unit: '', cardinality },
    ];
    expect(Buffer.from(encodeBatch(list)).toString('hex')).toBe(golden);
    expect(decodeBatch(Buffer.from(golden, 'hex')).map(plain)).toEqual(list.map(plain));
  });
});

describe('a damaged batch', () => {
  it('that ends too early gives its first buckets or an error, wherever it is cut', () => {
    const bytes = sampler();
    const whole = decodeBatch(bytes).map(plain);
    const lengths = new Set<number>();
    for (let end = 0; end < bytes.length; end++) {
      try {
        const read = decodeBatch(bytes.subarray(0, end)).map(plain);
        expect(read).toEqual(whole.slice(0, read.length));
        lengths.add(read.length);
      } catch (error) {
        if (!(error instanceof CorruptBatchError)) throw error;
      }
    }
    expect([...lengths]).toEqual([0, 1, 2, 3]);
  });

  it('that has other bytes in it gives buckets or an error, quickly, and nothing that hangs later', () => {
    const bytes = sampler();
    const change = fc.tuple(fc.nat(bytes.length - 2), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const damaged = bytes.slice();
        for (const [at, byte] of changes) damaged[at + 1] = byte;
        readAll(damaged);
      }),
      { numRuns: 3_000 },
    );
  });

  it('that is noise gives buckets or an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => readAll(Uint8Array.of(BATCH_VERSION, ...noise))),
      { numRuns: 2_000 },
    );
  });

  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
  const noTexts = [1, 1, 1];
  it.each([
    ['values', [Kind.measure, ...noTexts, ...huge, 1, 2, 3]],
    [
      'bins',
      [Kind.measure | 0x20, ...noTexts, ...huge, ...Array.from({ length: 24 }, () => 0), 0, ...huge, 2, 1, 2, 1],
    ],
    ['hashes', [Kind.unique, ...noTexts, ...huge, 1, 2, 3]],
    ['registers', [Kind.unique | 0x20, ...noTexts, 1, 2, 3]],
    ['bytes of a text', [Kind.count, 0, ...huge, 65, 66]],
    ['texts', [Kind.count, ...huge, 65, 66]],
    ['bits of a whole number', [Kind.measure, ...noTexts, ...Array.from({ length: 64 }, () => 0xff)]],
  ])('that declares far more %s than it has is refused without taking memory for them', (_what, record) => {
    const before = process.memoryUsage().arrayBuffers;
    const started = performance.now();
    expect(() => decodeBatch(Uint8Array.of(BATCH_VERSION, ...record))).toThrow(CorruptBatchError);
    expect(performance.now() - started).toBeLessThan(100);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it('with a whole number that is longer than any writer makes it is refused', () => {
    const zero = [...Array.from({ length: 20 }, () => 0x80), 0];
    expect(() => decodeBatch(Uint8Array.of(BATCH_VERSION, Kind.measure, ...noTexts, ...zero))).toThrow(
      CorruptBatchError,
    );
  });

  it('of a kind that is not known is refused', () => {
    expect(() => decodeBatch(Uint8Array.of(BATCH_VERSION, 4, 1, 1, 1, 0))).toThrow(CorruptBatchError);
  });

  it('with a hash or a register that no writer makes is refused', () => {
    const hash = new Uint8Array(new Float64Array([2 ** 53]).buffer);
    expect(() => decodeBatch(Uint8Array.of(BATCH_VERSION, Kind.unique, 1, 1, 1, 1, ...hash))).toThrow(
      CorruptBatchError,
    );
    const registers = new Uint8Array(REGISTERS).fill(41, 100, 101);
    const bytes = Uint8Array.of(BATCH_VERSION, Kind.unique | 0x20, 1, 1, 1, ...registers);
    expect(() => decodeBatch(bytes)).toThrow(CorruptBatchError);
    bytes[5 + 100] = 40;
    expect(() => decodeBatch(bytes)).not.toThrow();
  });

  it('without a single byte is refused', () => {
    expect(() => decodeBatch(new Uint8Array(0))).toThrow(CorruptBatchError);
  });

  it('of another version is told apart from a damaged one', () => {
    for (const version of [0, 2, 255]) {
      const bytes = sampler();
      bytes[0] = version;
      expect(() => decodeBatch(bytes)).toThrow(UnknownBatchVersionError);
      expect(() => decodeBatch(bytes)).toThrow(new RegExp(`version ${version} `));
    }
  });
});

/** Reads what there is to read; only the two errors that a batch may give pass. */
function readAll(bytes: Uint8Array): void {
  try {
    for (const bucket of decodeBatch(bytes)) {
      if (bucket.kind === Kind.unique) expect(Number.isSafeInteger(bucket.cardinality.estimate())).toBe(true);
      if (bucket.kind === Kind.measure && bucket.distribution.count > 0) bucket.distribution.quantile(0.95);
    }
  } catch (error) {
    if (!(error instanceof CorruptBatchError || error instanceof UnknownBatchVersionError)) throw error;
  }
}

describe('WindowBuckets', () => {
  const counter = (name: string, sum: number): Bucket => ({
    kind: Kind.count,
    name,
    source: '',
    unit: '',
    sum,
    negative: false,
  });

  it('merges batches by identity, in order of first arrival', () => {
    const window = new WindowBuckets();
    atOnce(window.addBatch(encodeBatch([counter('b', 1), counter('a', 2)])));
    atOnce(window.addBatch(encodeBatch([counter('c', 4), counter('b', 8)])));
    expect([...window].map((one) => [one.name, one.kind === Kind.count && one.sum])).toEqual([
      ['b', 9],
      ['a', 2],
      ['c', 4],
    ]);
    expect(window.size).toBe(3);
  });

  it('takes so many different buckets, the first that come, and goes on merging into those', () => {
    const window = new WindowBuckets(2);
    const dropped: string[] = [];
    let counted = 0;
    const drop = ({ name }: Bucket): void => void dropped.push(name);
    const add = (...names: string[]): void =>
      atOnce(window.addBatch(encodeBatch(names.map((name) => counter(name, 2 ** counted++))), drop));
    add('a', 'b', 'c', 'a');
    add('c', 'b', 'd');
    expect(dropped).toEqual(['c', 'c', 'd']);
    expect([...window].map((one) => [one.name, one.kind === Kind.count && one.sum])).toEqual([
      ['a', 1 + 8],
      ['b', 2 + 32],
    ]);
  });

  it('takes nothing of a batch that is damaged further on', () => {
    const window = new WindowBuckets();
    const bytes = sampler();
    expect(() => atOnce(window.addBatch(bytes.subarray(0, bytes.length - 1)))).toThrow(CorruptBatchError);
    expect(window.size).toBe(0);
  });

  it('has the same buckets in the same order from the same batches, and the same contents in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(bucket, { maxLength: 4 }), { maxLength: 4 }), (lists) => {
        const batches = lists.map(encodeBatch);
        const keysOf = (order: readonly Uint8Array[]) => {
          const window = new WindowBuckets();
          for (const bytes of order) atOnce(window.addBatch(bytes));
          return [...window].map(({ kind, name, source, unit }) => bucketKey(kind, name, source, unit));
        };
        expect(keysOf(batches)).toEqual(keysOf(batches));
        expect(keysOf([...batches].reverse()).sort()).toEqual(keysOf(batches).sort());
      }),
      { numRuns: 60 },
    );
  });
});
