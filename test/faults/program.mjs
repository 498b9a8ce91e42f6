// The built program, with what a fault run has to change about its surroundings; the program itself stays as it is.
//
//   FAULTS_CLOCK=file     what is added to Redis' clock, ms, is in that file
//   FAULTS_GAUGE_WEIGHT=n a gauge, or data point, takes so much of a POST that 300 would fit into
//   FAULTS_OFF_MS=n       this machine's clock is off by so much
//   FAULTS_SABOTAGE=what  breaks a promise on purpose: the judge has to find it
import { readFileSync } from 'node:fs';

const { FAULTS_CLOCK, FAULTS_GAUGE_WEIGHT, FAULTS_OFF_MS, FAULTS_SABOTAGE } = process.env;
const dist = new URL('../../dist/', import.meta.url);
const load = (file) => import(new URL(file, dist).href);

if (FAULTS_OFF_MS) {
  const now = Date.now;
  Date.now = () => now() + Number(FAULTS_OFF_MS);
}
const { LibratoDestination } = await load('outlet/destinations/librato.js');
const { OtlpDestination } = await load('outlet/destinations/otlp/otlp.js');
for (const { prototype } of [LibratoDestination, OtlpDestination]) {
  const { prepare } = prototype;
  prototype.prepare = function* (points) {
    const prepared = yield* prepare.call(this, points);
    const share = (this.requestWeightMax / 300) * Number(FAULTS_GAUGE_WEIGHT);
    // As many as the gauges that a measurement is at Librato, so that requests are cut alike.
    const gauges = ({ body }) => ((body.point ?? body).value.type === 'distribution' ? 4 : 1);
    const weigh = (record) => ({ ...record, weight: gauges(record) * share });
    return { ...prepared, records: prepared.records.map(weigh) };
  };
}
const { RedisWindowStore } = await load('store/redis/redis-window-store.js');
if (FAULTS_CLOCK) {
  const get = () => Number(readFileSync(FAULTS_CLOCK, 'utf8'));
  Object.defineProperty(RedisWindowStore.prototype, 'clockOffsetMs', { get });
}
if (FAULTS_SABOTAGE) {
  const { Lease } = await load('outlet/lease.js');
  const { commit, settle, read } = RedisWindowStore.prototype;
  let calls = 0;
  const now = () => ++calls % 7 === 0;
  /** By name: what is replaced of which prototype. */
  const sabotages = {
    /** Acknowledges what it has not stored. */
    'forgets-commits': [
      RedisWindowStore,
      {
        async commit(requests) {
          if (!now()) return commit.call(this, requests);
          const answers = requests.map(() => ({ outcome: 'stored', late: 0, future: 0 }));
          return { nowMs: await this.now(), answers };
        },
      },
    ],
    /** Has idempotency keys of no use. */
    'commits-twice': [
      RedisWindowStore,
      {
        async commit(requests) {
          if (now()) await commit.call(this, requests);
          const idempotencyKey = `of no use ${process.pid} ${++calls}`;
          return commit.call(
            this,
            requests.map((request, i) => ({ ...request, idempotencyKey: `${idempotencyKey} ${i}` })),
          );
        },
      },
    ],
    /** Settles as delivered what is not. */
    'settles-early': [
      RedisWindowStore,
      {
        settle(tenant, claim, settlement) {
          const windows = settlement.windows.map((window) =>
            window.outcome === 'later' ? { ...window, outcome: 'delivered' } : window,
          );
          return settle.call(this, tenant, claim, { ...settlement, windows });
        },
      },
    ],
    /** Leaves a batch out, and takes another one twice. */
    'reads-less': [
      RedisWindowStore,
      {
        async read(...args) {
          const batches = await read.apply(this, args);
          return now() && batches.length > 1 ? [batches[0], ...batches.slice(0, -1)] : batches;
        },
      },
    ],
    /** Does not say before a POST what is settled. */
    'skips-renewals': [Lease, { renew: () => Promise.resolve(true) }],
  };
  const [broken, by] = sabotages[FAULTS_SABOTAGE];
  Object.assign(broken.prototype, by);
}
await load('main.js');
