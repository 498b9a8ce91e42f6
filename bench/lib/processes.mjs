/**
 * The processes that benchmarks measure, and what the kernel says of them. Linux only: nothing else tells the CPU time of
 * another process in nanoseconds.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

// The tests' own redis-servers are in TypeScript.
register('../../scripts/typescript.mjs', import.meta.url);
const { startStandalone, stopServers } = await import('../../test/redis/servers.ts');

/** From its start until a process listens, ms. */
const START_MS = 30_000;

/** So much of what a process has logged is kept for the case that it fails. */
const LOG_CHARS_MAX = 20_000;

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// Whoever is told to end must not leave processes behind that go on measuring nothing.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** CPU time of a process so far, user and system, all of its threads included, in µs. */
export function cpuOfProcess(pid) {
  // The ticks of /proc/PID/stat are 10 ms; this is exact for all that does not run at the moment.
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return ns / 1000;
}

/** Resident memory of a process, in bytes: now, and the most since it began or {@link forgetPeak}. */
export function residentMemory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]);
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** What a process has had so far counts no more as its peak. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** A process that listens. */
class Listening {
  constructor(child, url) {
    this.child = child;
    this.pid = child.pid;
    this.url = url;
  }

  async stop() {
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGKILL');
    await ended;
  }
}

/**
 * Starts a script of Node and waits until it logs, as JSON on standard error, that it listens, and where. What it prints is
 * thrown away.
 *
 * @param env all that is set, besides PATH
 */
export async function startScript(script, args = [], env = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  running.add(child);
  let log = '';
  let url;
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log = (log + text).slice(-LOG_CHARS_MAX);
    url ??= /"url":"(http[^"]+)"/.exec(log)?.[1];
  });
  child.once('exit', (code, signal) => {
    running.delete(child);
    if (signal === 'SIGKILL' && url !== undefined) return;
    process.stderr.write(`${script} ended (${code ?? signal}):\n${log}\n`);
    process.exit(1);
  });
  for (const endsAt = performance.now() + START_MS; url === undefined; await delay(10)) {
    if (performance.now() > endsAt) throw new Error(`${script} does not listen:\n${log}`);
  }
  return new Listening(child, url);
}

/** Builds of l2met that benchmarks start. @param folder the build */
export async function l2metOf(folder) {
  const load = (file) => import(pathToFileURL(resolve(folder, file)).href);
  const { DrainTokens } = await load('crypto/drain-token.js');
  const { generateKey, KeyRing } = await load('crypto/key-ring.js');
  const secret = generateKey();
  const tokens = new DrainTokens(KeyRing.parse(secret));
  return {
    /** Starts `serve` with roles; both if none is named. @param program what is run instead of the build's own main.js */
    serve(roles, env = {}, program = resolve(folder, 'main.js')) {
      const args = ['serve', ...roles.map((role) => `--${role}`), '--port', '0', '--host', '127.0.0.1'];
      return startScript(program, args, { SECRETS: secret, ...env });
    },
    /** A drain token of credentials. */
    token: (credentials) => tokens.issue(credentials),
  };
}

/** A redis-server of the benchmark's own, without persistence. */
export async function startRedis() {
  const server = await startStandalone();
  const info = (section) => server.ask((redis) => redis.info(section));
  const number = (text, name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)[1]);
  return {
    server,
    url: server.url,
    pid: number(await info('server'), 'process_id'),
    flush: () => server.ask((redis) => redis.flushall('SYNC')),
    /** What it holds, and what came over the network, in bytes. */
    async usage() {
      const text = (await info('memory')) + (await info('stats'));
      return { memory: number(text, 'used_memory'), received: number(text, 'total_net_input_bytes') };
    },
  };
}

export { stopServers };
