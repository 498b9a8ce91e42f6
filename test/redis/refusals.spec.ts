import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { WindowStore } from '../../src/store/window-store.js';
import { Counters } from '../../src/telemetry/counters.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { closeStores, openStore, requestAt, STORE_OPTIONS } from './harness.js';
import { RedisServer, startCluster, stopServers, until } from './servers.js';

/** Nobody listens there. */
const NOWHERE = ['127.0.0.1', '1'] as const;

async function commit(store: WindowStore): Promise<string> {
  return store.commit([requestAt(Date.now())]).then(
    ({ answers }) => answers[0]!.outcome,
    (error: { kind?: string }) => error.kind ?? 'no passing fault',
  );
}

/** What a server says to PING, word by word: ioredis asks nothing while data are loading. */
function saidBy(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('error', reject).once('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
  });
}

/** A store that shows what it counted and logged. */
async function watchedStore(url: string, waitReplicas = 0) {
  const counters = new Counters();
  const events: { event: string; kind: string }[] = [];
  const logger = createLogger('info', false, { write: (line) => void events.push(JSON.parse(line) as never) });
  const { store } = await openStore({ url, counters, logger, waitReplicas }, STORE_OPTIONS);
  return { store, counters, events };
}

afterEach(closeStores);
afterAll(stopServers);

describe('a Redis that refuses', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await RedisServer.start({ 'lua-time-limit': 50 });
  });

  /** How to make it refuse, for each of its words, and how to set it right. */
  const REFUSALS: readonly [
    kind: string,
    refuse: (redis: Redis) => Promise<unknown>,
    heal: (redis: Redis) => Promise<unknown>,
  ][] = [
    ['readonly', (redis) => redis.replicaof(...NOWHERE), (redis) => redis.replicaof('NO', 'ONE')],
    [
      'masterdown',
      async (redis) => {
        await redis.config('SET', 'replica-serve-stale-data', 'no');
        await redis.replicaof(...NOWHERE);
      },
      (redis) => redis.replicaof('NO', 'ONE'),
    ],
    [
      'noreplicas',
      (redis) => redis.config('SET', 'min-replicas-to-write', '1'),
      (redis) => redis.config('SET', 'min-replicas-to-write', '0'),
    ],
    [
      'misconf',
      async (redis) => {
        const [, folder] = (await redis.config('GET', 'dir')) as [string, string];
        // It saves under another name first, and cannot put that in the place of a folder.
        mkdirSync(path.join(folder, 'dump.rdb'));
        await redis.config('SET', 'save', '900 1');
        await redis.set('x', 1);
        await redis.bgsave();
        await until(async () => (await redis.info('persistence')).includes('rdb_last_bgsave_status:err'));
      },
      (redis) => redis.config('SET', 'save', ''),
    ],
    ['oom', (redis) => redis.config('SET', 'maxmemory', '1'), (redis) => redis.config('SET', 'maxmemory', '0')],
    [
      'busy',
      (redis) => {
        redis.eval('while true do end', 0).catch(() => undefined);
        return Promise.resolve();
      },
      (redis) => redis.script('KILL'),
    ],
  ];

  it.each(REFUSALS)(
    'with %s is a passing fault: counted, logged once, and over by itself',
    async (kind, refuse, heal) => {
      const { store, counters, events } = await watchedStore(server.url);
      expect(await commit(store)).toBe('stored');
      // Connections that stay: the script that runs for ever ends with its own, and while it runs no other one opens.
      await server.ask(async (other) => {
        await other.ping();
        await server.ask(async (redis) => {
          await refuse(redis);
          await until(async () => (await commit(store)) === kind);
          // It may be that nothing is sent at all, while another master is looked for.
          for (let i = 0; i < 5; i++) expect([kind, 'connection']).toContain(await commit(store));
          await heal(other);
        });
      });
      await until(async () => (await commit(store)) === 'stored');
      expect(counters.snapshot()[`redis_errors.${kind}`]).toBeGreaterThan(0);
      const of = () => events.filter((event) => event.kind === kind).map(({ event }) => event);
      expect(of()[0]).toBe('redis-fault');
      await until(async () => (await commit(store)) === 'stored' && of().length === 2);
      expect(of()).toEqual(['redis-fault', 'redis-fault-over']);
    },
  );

  it('to wait for replicas any longer, since it becomes one itself, may not have stored it', async () => {
    const { store } = await watchedStore(server.url, 1);
    const outcome = commit(store);
    await server.ask(async (redis) => {
      await until(async () => (await redis.info('clients')).includes('blocked_clients:1'));
      await redis.replicaof(...NOWHERE);
    });
    expect(await outcome).toBe('readonly');
  });

  it('while it loads its data is away, and back after', async () => {
    const slow = await RedisServer.start({
      'key-load-delay': 20_000,
      'loading-process-events-interval-bytes': 1_024,
    });
    const { store } = await watchedStore(slow.url);
    await slow.ask((redis) =>
      Promise.all(Array.from({ length: 150 }, (_, i) => redis.set(`key ${i}`, 'x'.repeat(100)))),
    );
    expect(await commit(store)).toBe('stored');
    await slow.ask((redis) => redis.save());
    await slow.kill();
    const back = slow.restart();
    await until(async () => (await saidBy(slow.port)).startsWith('-LOADING'));
    expect(['connection', 'loading']).toContain(await commit(store));
    await back;
    await until(async () => (await commit(store)) === 'stored');
  });
});

describe('a Cluster', () => {
  it('that has lost a slot refuses its tenants, and takes them once it is served again', async () => {
    const { masters, url } = await startCluster();
    const { store, counters } = await watchedStore(url);
    expect(await commit(store)).toBe('stored');
    const tag = '{42}'; // the partition of tenant aaaa…: 0xaa >> 2
    const slot = await masters[0]!.ask(async (redis) => Number(await redis.cluster('KEYSLOT', tag)));
    const owner = Math.floor((slot * masters.length) / 16_384);
    await masters[owner]!.ask((redis) => redis.call('CLUSTER', 'DELSLOTS', slot));
    await until(async () => (await commit(store)) === 'clusterdown');
    expect(counters.snapshot()['redis_errors.clusterdown']).toBeGreaterThan(0);
    await masters[owner]!.ask((redis) => redis.call('CLUSTER', 'ADDSLOTS', slot));
    await until(async () => (await commit(store)) === 'stored');
  });
});
