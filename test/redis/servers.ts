import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';

/** How long a server may take to be what it is to be, ms; on a busy machine a Cluster needs some seconds. */
const READY_MS = 30_000;

/** Settings of redis-server, as on its command line without the dashes. */
export type ServerSettings = Readonly<Record<string, string | number>>;

const TLS_FOLDER = fileURLToPath(new URL('../fixtures/tls/', import.meta.url));

/** The authority behind the certificate of all servers that speak TLS. */
export const TLS_CA_FILE = path.join(TLS_FOLDER, 'ca.pem');

/** What a server, or a Sentinel, needs to speak TLS and nothing else. */
const TLS_SETTINGS: ServerSettings = {
  port: 0,
  'tls-ca-cert-file': TLS_CA_FILE,
  'tls-cert-file': path.join(TLS_FOLDER, 'server.pem'),
  'tls-key-file': path.join(TLS_FOLDER, 'server.key'),
  'tls-auth-clients': 'no',
  'tls-replication': 'yes',
};

const running = new Set<RedisServer>();

// Whatever ends this process must not leave any behind.
process.on('exit', () => {
  for (const server of running) server.abandon();
});

/** Ends all servers that were started here, and removes their data. */
export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

/** One redis-server process of the test's own. */
export class RedisServer {
  private child: ChildProcess | undefined;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'l2met-redis-'));

  private constructor(
    readonly port: number,
    private readonly settings: ServerSettings,
    private readonly tls: boolean,
    private readonly sentinelOf: string | undefined,
  ) {}

  /** Starts a server on a free port. */
  static async start(settings: ServerSettings = {}, { tls = false, port }: PortOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(port ?? (await freePort()), settings, tls, undefined);
    await server.restart();
    return server;
  }

  /** Starts a Sentinel with the configuration that is given. */
  static async startSentinel(configuration: string, { tls = false }: PortOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), {}, tls, configuration);
    await server.restart();
    return server;
  }

  get url(): string {
    return `${schemeOf(this.tls)}://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts it again after {@link kill} or {@link stop}, with the data that it has kept. */
  async restart(): Promise<void> {
    running.add(this);
    this.child = spawn('redis-server', this.arguments(), { stdio: 'ignore' });
    const failed = new Promise<never>((_resolve, reject) => {
      this.child!.once('error', reject);
      this.child!.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    });
    failed.catch(() => undefined);
    await Promise.race([failed, until(async () => (await this.ask((redis) => redis.ping())) === 'PONG')]);
  }

  /** Asks it something on a connection of its own. */
  async ask<T>(call: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({
      port: this.port,
      host: '127.0.0.1',
      retryStrategy: null,
      lazyConnect: true,
      protocol: 2,
      commandTimeout: 5_000,
      // Of one that could not connect, the timer for that would keep the process.
      disconnectTimeout: 100,
      ...(this.tls && { tls: { ca: readFileSync(TLS_CA_FILE) } }),
    });
    redis.on('error', () => undefined);
    try {
      return await call(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** As kill -9: no last word to clients, no last write to disk. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Ends it in order, and removes its data. */
  async stop(): Promise<void> {
    this.resume();
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
    running.delete(this);
  }

  /** Ends it within this very step. */
  abandon(): void {
    this.child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** It answers nothing, but its connections stay. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || !this.isRunning) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  private arguments(): string[] {
    const ports = this.tls ? { ...TLS_SETTINGS, 'tls-port': this.port } : { port: this.port };
    const common = Object.entries({ ...ports, bind: '127.0.0.1', dir: this.folder });
    if (this.sentinelOf !== undefined) {
      const file = path.join(this.folder, 'sentinel.conf');
      writeFileSync(file, [...common.map((setting) => setting.join(' ')), this.sentinelOf].join('\n'));
      return [file, '--sentinel'];
    }
    return [...common, ...Object.entries({ save: '', daemonize: 'no', ...this.settings })].flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ]);
  }
}

/** Where a server listens. */
export interface PortOptions extends TlsOptions {
  readonly port?: number;
}

/** Whether servers speak TLS, to clients and to one another, and nothing else. */
export interface TlsOptions {
  readonly tls?: boolean;
}

/** How a single server is to be set. */
export interface StandaloneOptions extends TlsOptions {
  /** The append-only file; `no` for none. */
  readonly aof?: 'always' | 'everysec' | 'no';
  /** Bytes; it then refuses writes past them. */
  readonly maxmemory?: number;
}

export function startStandalone({ aof = 'no', maxmemory, tls }: StandaloneOptions = {}): Promise<RedisServer> {
  const settings = {
    ...(aof !== 'no' && { appendonly: 'yes', appendfsync: aof }),
    ...(maxmemory !== undefined && { maxmemory, 'maxmemory-policy': 'noeviction' }),
  };
  return RedisServer.start(settings, { tls });
}

/** Masters that share the slots, each with its replicas. */
export interface RedisCluster {
  readonly masters: readonly RedisServer[];
  /** Those of the first master first. */
  readonly replicas: readonly RedisServer[];
  /** redis+cluster://… */
  readonly url: string;
}

/** Starts a Cluster whose masters share the slots evenly. A shard that is lost takes only its own slots with it. */
export async function startCluster(
  masterCount = 3,
  replicasEach = 0,
  { tls = false }: TlsOptions = {},
): Promise<RedisCluster> {
  const settings = {
    'cluster-enabled': 'yes',
    ...(tls && { 'tls-cluster': 'yes' }),
    // A busy machine stops a process for more than a second now and then; that is to be no failover.
    'cluster-node-timeout': 5_000,
    'cluster-require-full-coverage': 'no',
    'repl-diskless-sync-delay': 0,
  };
  // The bus port is 10,000 above; 20,000 and a bit leave room for both.
  const nodes: RedisServer[] = [];
  for (let i = 0; i < masterCount * (1 + replicasEach); i++) {
    nodes.push(await RedisServer.start(settings, { tls, port: await freePort(10_000) }));
  }
  const masters = nodes.slice(0, masterCount);
  const replicas = nodes.slice(masterCount);
  await Promise.all(
    masters.map((master, i) => {
      const [first, end] = [i, i + 1].map((n) => Math.floor((n * 16_384) / masterCount)) as [number, number];
      return master.ask((redis) => redis.call('CLUSTER', 'ADDSLOTSRANGE', first, end - 1));
    }),
  );
  for (const node of nodes.slice(1)) {
    await node.ask((redis) => redis.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port));
  }
  // A node that another only knows by hearsay is known before its slots are; until then they answer CLUSTERDOWN.
  const knowEachOther = async (node: RedisServer): Promise<boolean> => {
    const info = String(await node.ask((redis) => redis.call('CLUSTER', 'INFO')));
    return [
      'cluster_state:ok',
      'cluster_slots_ok:16384',
      `cluster_known_nodes:${nodes.length}`,
      `cluster_size:${masterCount}`,
    ].every((line) => info.includes(`${line}\r\n`));
  };
  for (const node of nodes) await until(() => knowEachOther(node));
  for (const [i, replica] of replicas.entries()) {
    const master = masters[Math.floor(i / replicasEach)]!;
    const id = await master.ask((redis) => redis.call('CLUSTER', 'MYID'));
    await replica.ask((redis) => redis.call('CLUSTER', 'REPLICATE', String(id)));
    await untilReplicates(replica);
  }
  return {
    masters,
    replicas,
    url: `${schemeOf(tls)}+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
  };
}

/** A master with replicas, and Sentinels that watch them. */
export interface RedisSentinels {
  readonly master: RedisServer;
  readonly replicas: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** redis+sentinel://…/l2met */
  readonly url: string;
}

export async function startSentinel(
  replicaCount = 1,
  sentinelCount = 3,
  { tls = false }: TlsOptions = {},
): Promise<RedisSentinels> {
  const settings = { 'repl-diskless-sync-delay': 0 };
  const master = await RedisServer.start(settings, { tls });
  const replicas: RedisServer[] = [];
  for (let i = 0; i < replicaCount; i++) {
    const replica = await RedisServer.start({ ...settings, replicaof: `127.0.0.1 ${master.port}` }, { tls });
    await untilReplicates(replica);
    replicas.push(replica);
  }
  const quorum = Math.floor(sentinelCount / 2) + 1;
  const configuration = [
    `sentinel monitor l2met 127.0.0.1 ${master.port} ${quorum}`,
    'sentinel down-after-milliseconds l2met 1000',
    'sentinel failover-timeout l2met 5000',
    '',
  ].join('\n');
  const sentinels: RedisServer[] = [];
  for (let i = 0; i < sentinelCount; i++) sentinels.push(await RedisServer.startSentinel(configuration, { tls }));
  for (const sentinel of sentinels) {
    await until(async () => {
      const [, ...fields] = (await sentinel.ask((redis) => redis.call('SENTINEL', 'CKQUORUM', 'l2met'))) as string;
      return fields.join('').includes(`${sentinelCount} usable`);
    });
  }
  return {
    master,
    replicas,
    sentinels,
    url: `${schemeOf(tls)}+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/l2met`,
  };
}

/** Waits until something holds; what it throws meanwhile does not matter. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = READY_MS): Promise<void> {
  const endsAt = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < endsAt) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await delay(20);
  }
  throw new Error('what was waited for did not come', { cause: last });
}

async function untilReplicates(replica: RedisServer): Promise<void> {
  await until(async () => (await replica.ask((redis) => redis.info('replication'))).includes('master_link_status:up'));
}

function schemeOf(tls: boolean): string {
  return tls ? 'rediss' : 'redis';
}

/** A port that was free a moment ago. @param below so that so many above it exist */
async function freePort(below = 0): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) =>
      server.listen(below === 0 ? 0 : randomPort(), '127.0.0.1', resolve).once('error', () => resolve()),
    );
    const address = server.address() as AddressInfo | null;
    await new Promise((resolve) => server.close(resolve));
    if (address && address.port + below <= 65_535) return address.port;
  }
}

/** Below those that the system gives out by itself. */
function randomPort(): number {
  return 10_000 + Math.floor(Math.random() * 12_000);
}
