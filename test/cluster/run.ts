import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../conformance/window-store/random.js';
import { documentTable } from '../faults/docs.js';
import { CHART } from '../helm/helm.js';
import type { Ingress } from './ingress.js';
import { apply, type ApiObject, evaluate, helm, kubectl, kubectlFailure, podsOf } from './kube.js';
import {
  certificateFor,
  type Images,
  reaches,
  startFlood,
  startNginx,
  startSender,
  startVendor,
  startVisitors,
  tlsSecret,
} from './surroundings.js';
import { type Outcome, RESOLUTION_SECONDS, Traffic } from './traffic.js';

const HELP = `npm run test:cluster [-- options]
  installs the chart into the cluster that KUBECONFIG names, in two namespaces of its own, and takes them away again
  --keep   leaves them, to look at
  --docs   puts the steps into docs/operations.md
  --only N,N  of the steps after the fifth these alone
  --seed N which pods are deleted [by chance; it is printed]
  It needs kubectl and openssl on the PATH, a default StorageClass or (on a node that is this machine) none at all, and images:
  L2MET_IMAGE, and as far as the defaults cannot be pulled VALKEY_IMAGE, NGINX_IMAGE. Where containerd is at hand
  (CONTAINERD_ADDRESS) and no L2MET_IMAGE, test/cluster/images.sh makes them all.
`;

const { values: options } = parseArgs({
  options: {
    keep: { type: 'boolean' },
    docs: { type: 'boolean' },
    seed: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});

/** Namespace of the release, and of all that is not part of it. */
const INSIDE = 'l2met-test';
const OUTSIDE = 'l2met-test-outside';
const HOST = 'drains.example.com';
const TLS_SECRET = 'drains-tls';
/** Whose one line goes through the ingress before there is traffic. */
const FIRST_USER = 'first@example.com';
const USERS = ['one@example.com', 'two@example.com', 'three@example.com', 'four@example.com'];
/** Deletions of one pod each, by force. */
const DELETIONS = 12;

const steps: { readonly what: string; readonly seen: string; readonly seconds: number }[] = [];

/** Steps that all others stand on. */
const FIRST_STEPS = 5;
const only = options.only?.split(',').map(Number);
let stepCount = 0;

/** Does something, and says what was seen. */
async function step(what: string, does: () => Promise<string> | string): Promise<void> {
  const number = ++stepCount;
  if (only && number > FIRST_STEPS && !only.includes(number)) return;
  const startedAt = performance.now();
  process.stderr.write(`${number}. ${what} …\n`);
  const seen = await does();
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  steps.push({ what, seen, seconds });
  process.stdout.write(`${String(number).padStart(2)}  ${what}: ${seen} (${seconds} s)\n`);
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

async function until(what: string, holds: () => boolean, withinMs = 120_000): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`gave up waiting: ${what}`);
    await delay(1_000);
  }
}

function upgrade(...values: readonly string[]): void {
  const set = values.flatMap((value) => ['--set', value]);
  helm('upgrade', 'l2met', CHART, '-n', INSIDE, '--reset-then-reuse-values', '--wait', '--timeout', '5m', ...set);
}

const ROLES = ['receiver', 'outlet'] as const;

/** Does what is to replace every pod of both roles, and waits until the old ones have ended. */
async function replaced(action: () => unknown): Promise<void> {
  const names = (): string[] => ROLES.flatMap((role) => podsOf(INSIDE, role));
  const before = new Set(names());
  action();
  await until('none of the pods that there were', () => !names().some((name) => before.has(name)));
}

function rolledOut(): void {
  for (const role of ROLES) kubectl(['rollout', 'status', '-n', INSIDE, `deployment/l2met-${role}`, '--timeout=180s']);
  kubectl(['rollout', 'status', '-n', INSIDE, 'statefulset/l2met-redis', '--timeout=180s']);
}

/** Scales as the release has it, since Helm 4 refuses to change what kubectl has scaled, and waits until there are so many pods and no others that are still ending. */
async function scale(role: 'receiver' | 'outlet', replicas: number): Promise<void> {
  upgrade(`${role}.replicas=${replicas}`);
  await until(`${replicas} ${role}s`, () => podsOf(INSIDE, role).length === replicas);
}

/** @throws if anything was refused */
function unrefused(outcome: Outcome): string {
  demand(Object.keys(outcome.refused).length === 0, `refused: ${JSON.stringify(outcome.refused)}`);
  return `${said(outcome)}, 0 refused`;
}

function said({ acknowledged, lines, rate }: Outcome): string {
  return `${acknowledged} requests with ${lines} lines (${rate}/s) acknowledged, all delivered, 0 lost, 0 twice`;
}

function images(): Images {
  const {
    L2MET_IMAGE,
    VALKEY_IMAGE = 'valkey/valkey:8.1',
    NGINX_IMAGE = 'nginxinc/nginx-unprivileged:stable',
  } = process.env;
  if (L2MET_IMAGE) return { l2met: L2MET_IMAGE, valkey: VALKEY_IMAGE, nginx: NGINX_IMAGE };
  demand(process.env['CONTAINERD_ADDRESS'] !== undefined, 'name an image that the cluster can pull: L2MET_IMAGE=…');
  const script = fileURLToPath(new URL('images.sh', import.meta.url));
  const out = execFileSync('bash', [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const named = Object.fromEntries(
    out
      .trim()
      .split('\n')
      .map((line) => line.split('=')) as [string, string][],
  );
  return { l2met: named['L2MET_IMAGE']!, valkey: named['VALKEY_IMAGE']!, nginx: named['NGINX_IMAGE']! };
}

/** A volume for the bundled Redis, where the cluster makes none by itself. */
function volume(): void {
  const classes = kubectl(['get', 'storageclass', '-o', 'name']).trim();
  if (classes !== '') return;
  const folder = mkdtempSync(path.join(tmpdir(), 'l2met-volume-'));
  chmodSync(folder, 0o777);
  kubectl(['delete', 'pv', 'l2met-test', '--ignore-not-found']);
  apply(INSIDE, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'l2met-test' },
    spec: {
      capacity: { storage: '2Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { namespace: INSIDE, name: 'data-l2met-redis-0' },
      hostPath: { path: folder },
    },
  });
}

function clear(): void {
  kubectl(['delete', 'namespace', INSIDE, OUTSIDE, '--ignore-not-found', '--timeout=180s']);
}

/** What the chart calls the parts of an image's name. */
function imageValuesOf(image: string): string[] {
  const [, repository, tag = '', digest = ''] = /^(.+?)(?::([^/:@]+))?(?:@(.+))?$/.exec(image)!;
  return [`image.repository=${repository}`, `image.tag=${tag}`, `image.digest=${digest}`];
}

/** The commands that NOTES.txt shows, one a line, indented. */
function notesCommands(): string[] {
  const notes = helm('get', 'notes', 'l2met', '-n', INSIDE);
  return notes
    .split('\n')
    .filter((line) => line.startsWith('     '))
    .map((line) => line.trim());
}

function shell(command: string, input = ''): string {
  return execFileSync('bash', ['-o', 'pipefail', '-ec', command], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
    stdio: 'pipe',
  });
}

/** Runs every command of NOTES.txt but heroku's, as they stand but for the host. */
async function followNotes(): Promise<string> {
  const commands = notesCommands();
  const one = (part: string): string => {
    const found = commands.find((command) => command.includes(part));
    if (found === undefined) throw new Error(`NOTES.txt has no command with ${part}`);
    return found;
  };
  const drain = new URL(shell(one('l2met sign'), 'console:').trim());
  demand(drain.host === `l2met.${INSIDE}` && drain.pathname === '/logs', `the drain URL is ${drain.host}`);
  const [, local] = /(\d+):\d+$/.exec(one('port-forward')) ?? [];
  const forward = spawn('bash', ['-c', `exec ${one('port-forward')}`], { stdio: 'ignore' });
  try {
    const here = (command: string): string =>
      command
        .replace('https://TOKEN@HOST', `http://${drain.username}:${drain.password}@127.0.0.1:${local}`)
        .replace('curl', 'curl -fsS');
    const measurements = (): number => {
      try {
        return (JSON.parse(shell(here(one("curl 'https")))) as { counts: { measurements: number } }).counts
          .measurements;
      } catch {
        return NaN;
      }
    };
    await until('the forwarded port', () => {
      demand(forward.exitCode === null, `port ${local} cannot be forwarded: is it taken?`);
      return measurements() >= 0;
    });
    const before = measurements();
    shell(here(one('--data-binary')));
    await until('the line in GET /logs', () => measurements() === before + 1);
  } finally {
    forward.kill();
  }
  demand(shell(one('get secret')).length > 30, 'the key is not in the Secret');
  return 'a drain URL signed, its line in GET /logs, the key shown';
}

async function main(): Promise<void> {
  kubectl(['version']);
  const used = images();
  const imageValues = [...imageValuesOf(used.l2met), `redis.bundled.image=${used.valkey}`];
  clear();

  await step('A namespace that enforces the restricted standard', () => {
    for (const name of [INSIDE, OUTSIDE]) {
      kubectl(['create', 'namespace', name]);
      kubectl(['label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted']);
    }
    const run = ['run', 'root', '-n', INSIDE, `--image=${used.l2met}`, '--dry-run=server'];
    demand(kubectlFailure(run).includes('violates PodSecurity'), 'it takes any pod');
    volume();
    return 'it refuses a pod without a security context';
  });

  await step('helm install --wait, default values', () => {
    const set = imageValues.flatMap((value) => ['--set', value]);
    helm('install', 'l2met', CHART, '-n', INSIDE, '--wait', '--timeout', '5m', ...set);
    const counts = ['receiver', 'outlet', 'redis'].map((part) => podsOf(INSIDE, part).length);
    demand(counts.join() === '2,2,1', `pods: ${counts.join()}`);
    return '2 receivers, 2 outlets and a Valkey are ready';
  });

  await step('helm test', () => {
    const out = helm('test', 'l2met', '-n', INSIDE);
    demand(/Phase:\s+Succeeded/.test(out), out);
    return '204 through the Service';
  });

  await step('The commands of NOTES.txt', followNotes);

  startVisitors(OUTSIDE, used);
  startVendor(OUTSIDE, used, [FIRST_USER, ...USERS]);
  const sign = (credentials: string, ...args: readonly string[]): string =>
    kubectl(['exec', '-i', '-n', INSIDE, 'deploy/l2met-receiver', '--', 'l2met', 'sign', ...args], credentials).trim();
  const credentialsOf = (user: string): string =>
    `librato+http://${encodeURIComponent(user)}:secret@vendor.${OUTSIDE}.svc/v1/metrics`;
  const traffic = new Traffic(OUTSIDE);

  await step('An Ingress with TLS, nginx configured from it', async () => {
    upgrade(
      'ingress.enabled=true',
      'ingress.className=nginx',
      `ingress.hosts={${HOST}}`,
      `ingress.tls[0].secretName=${TLS_SECRET}`,
      `ingress.tls[0].hosts={${HOST}}`,
    );
    const ingress = JSON.parse(kubectl(['get', 'ingress', '-n', INSIDE, 'l2met', '-o', 'json'])) as ApiObject & Ingress;
    const certificate = certificateFor(HOST);
    const address = startNginx(OUTSIDE, used, ingress, tlsSecret(TLS_SECRET, certificate));
    const tenants = USERS.map((user) => ({ user, token: sign(credentialsOf(user)) }));
    // 50 requests of 10 lines a second.
    const settings = { base: `https://${HOST}`, tenants, resolutionSeconds: RESOLUTION_SECONDS, requestsPerSecond: 50 };
    startSender(OUTSIDE, used, { ...settings, lines: [8, 10] }, { host: HOST, address, ...certificate });
    const statuses = evaluate(OUTSIDE, 'sender', INGRESS_CHECKS, HOST, sign(credentialsOf(FIRST_USER)));
    demand(statuses === '204 204 413 200 200 404 404', `answers: ${statuses}`);
    await until('what was drained, at the vendor', () => traffic.vendorHas(FIRST_USER).has('through.ingress count'));
    return 'a line drained through it is with the vendor; 5 MB of lines taken, 6 MB 413, /health and the page 200, /metrics and other hosts 404';
  });

  await step('500 lines/s for a minute', async () => {
    const outcome = await traffic.during(() => undefined, 30_000);
    return `${unrefused(outcome)}; ${usageOf()}`;
  });

  await step('helm upgrade with a changed setting, meanwhile', async () =>
    unrefused(await traffic.during(() => replaced(() => upgrade('settings.LOG_LEVEL=debug')))),
  );

  await step('A secret setting added, and taken away again', async () => {
    const has = (): string =>
      evaluate(INSIDE, podsOf(INSIDE, 'outlet')[0]!, 'console.log("METCHAN_URL" in process.env)');
    await replaced(() => upgrade('secrets.settings.METCHAN_URL=console:'));
    demand(has() === 'true', 'it is not there');
    await replaced(() => upgrade('secrets.settings.METCHAN_URL=null'));
    demand(has() === 'false', 'it is still there');
    return 'pods have it, and then not any more';
  });

  await step('helm rollback, meanwhile', async () =>
    unrefused(
      await traffic.during(() => replaced(() => helm('rollback', 'l2met', '-n', INSIDE, '--wait', '--timeout', '5m'))),
    ),
  );

  await step('Receivers 2 → 1 → 5 → 1, meanwhile', async () =>
    unrefused(
      await traffic.during(async () => {
        for (const replicas of [1, 5, 1]) await scale('receiver', replicas);
      }),
    ),
  );

  await step('Outlets 2 → 1 → 3 → 1, meanwhile', async () =>
    unrefused(
      await traffic.during(async () => {
        for (const replicas of [1, 3, 1]) await scale('outlet', replicas);
      }),
    ),
  );

  const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
  const random = new SeededRandom(seed);
  process.stderr.write(`seed ${seed}\n`);
  await step('Pods deleted by force at random, meanwhile', async () => {
    upgrade('receiver.replicas=2', 'outlet.replicas=2');
    const deleted = { receiver: 0, outlet: 0, redis: 0 };
    const outcome = await traffic.during(async () => {
      for (let i = 0; i < DELETIONS; i++) {
        const chance = random.fraction();
        // Each kind at least twice; then by chance.
        const part = (['receiver', 'outlet', 'redis'] as const)[i < 6 ? i % 3 : Math.floor(chance * 3)]!;
        const pods = podsOf(INSIDE, part);
        const name = pods[Math.floor(chance * 997) % pods.length]!;
        kubectl(['delete', 'pod', '-n', INSIDE, name, '--force', '--grace-period=0']);
        deleted[part]++;
        await delay(2_000 + 3_000 * chance);
        rolledOut();
      }
    });
    const tried = Object.entries(outcome.refused).map(([status, times]) => `${times} × ${status}`);
    return `${deleted.receiver} receivers, ${deleted.outlet} outlets, Valkey ${deleted.redis} times; ${said(outcome)} (tries that failed and were repeated: ${tried.join(', ') || 'none'})`;
  });

  await step('Redis away', async () => {
    const restarts = (): string =>
      kubectl([
        'get',
        'pods',
        '-n',
        INSIDE,
        '-l',
        'app.kubernetes.io/component in (receiver,outlet)',
        '-o',
        'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
      ]);
    const readyReceivers = (): number =>
      Number(kubectl(['get', 'deployment', '-n', INSIDE, 'l2met-receiver', '-o', 'jsonpath={.status.readyReplicas}']));
    const before = restarts();
    kubectl(['scale', '-n', INSIDE, 'statefulset/l2met-redis', '--replicas=0']);
    await until('receivers that are not ready', () => readyReceivers() === 0);
    // Longer than the live probe would bear.
    await delay(70_000);
    const live = podsOf(INSIDE, 'receiver')
      .map((pod) => evaluate(INSIDE, pod, HEALTH))
      .join();
    demand(live === '200 503,200 503', `live and ready: ${live}`);
    demand(restarts() === before, 'a container was restarted');
    kubectl(['scale', '-n', INSIDE, 'statefulset/l2met-redis', '--replicas=1']);
    rolledOut();
    return `for 70 s live 200, ready 503, no container restarted; ready again when it is back; ${said(await traffic.during(() => undefined))}`;
  });

  await step('NetworkPolicy', () => {
    const outlet = kubectl([
      'get',
      'pods',
      '-n',
      INSIDE,
      '-l',
      'app.kubernetes.io/component=outlet',
      '-o',
      'jsonpath={.items[0].status.podIP}',
    ]);
    const expected: [string, string, string, string, number, boolean][] = [
      ['anyone', OUTSIDE, 'visitor', `l2met.${INSIDE}.svc`, 80, true],
      ['anyone', OUTSIDE, 'visitor', outlet, 8080, false],
      ['Prometheus', OUTSIDE, 'prometheus', outlet, 8080, true],
      ['anyone', OUTSIDE, 'visitor', `l2met-redis.${INSIDE}.svc`, 6379, false],
      ['Prometheus', OUTSIDE, 'prometheus', `l2met-redis.${INSIDE}.svc`, 6379, false],
      ['a receiver', INSIDE, podsOf(INSIDE, 'receiver')[0]!, outlet, 8080, false],
      ['a receiver', INSIDE, podsOf(INSIDE, 'receiver')[0]!, `l2met-redis.${INSIDE}.svc`, 6379, true],
      ['an outlet', INSIDE, podsOf(INSIDE, 'outlet')[0]!, `l2met-redis.${INSIDE}.svc`, 6379, true],
      ['an outlet', INSIDE, podsOf(INSIDE, 'outlet')[0]!, `vendor.${OUTSIDE}.svc`, 80, true],
    ];
    for (const [who, namespace, pod, host, port, may] of expected)
      demand(
        reaches(namespace, pod, host, port) === may,
        `${who} ${may ? 'does not reach' : 'reaches'} ${host}:${port}`,
      );
    const vendor = kubectl(['get', 'pod', '-n', OUTSIDE, 'vendor', '-o', 'jsonpath={.status.podIP}']);
    const out = [
      'exec',
      '-n',
      INSIDE,
      'l2met-redis-0',
      '--',
      'valkey-cli',
      '-t',
      '2',
      '-h',
      vendor,
      '-p',
      '8080',
      'ping',
    ];
    demand(kubectlFailure(out).includes('Could not connect'), 'the bundled Redis reaches the vendor');
    return 'receivers by everyone, outlets by Prometheus alone, Valkey by receivers and outlets alone, and it calls nobody';
  });

  await step('The HorizontalPodAutoscaler', async () => {
    upgrade('receiver.autoscaling.enabled=true', 'receiver.autoscaling.maxReplicas=3');
    const count = (kind: string, name: string, field: string): number =>
      Number(kubectl(['get', kind, '-n', INSIDE, name, '-o', `jsonpath={.status.${field}}`]));
    const desired = (): number => count('hpa', 'l2met-receiver', 'desiredReplicas');
    const receivers = (): number[] => [
      count('deployment', 'l2met-receiver', 'readyReplicas'),
      podsOf(INSIDE, 'receiver').length,
    ];
    await until('two receivers', () => desired() === 2 && receivers().join() === '2,2');
    startFlood(OUTSIDE, used, `http://l2met.${INSIDE}.svc`, sign('console:'));
    await until('a third receiver', () => desired() === 3 && receivers().join() === '3,3', 300_000);
    kubectl(['delete', 'pod', '-n', OUTSIDE, 'flood', '--wait=false']);
    rolledOut();
    return '2 → 3 receivers under a flood of lines';
  });

  if (options.docs) documentTable('cluster', table());
  if (!options.keep) clear();
}

/** What Kubernetes says that the pods use. */
function usageOf(): string {
  const lines = kubectl(['top', 'pods', '-n', INSIDE, '--no-headers']).trim().split('\n');
  return ['receiver', 'outlet', 'redis']
    .map((part) => {
      const of = lines
        .filter((line) => line.startsWith(`l2met-${part}`))
        .map((line) => line.split(/\s+/).slice(1, 3).join(' '));
      return `${part} ${of.join(' / ')}`;
    })
    .join(', ');
}

/** What is asked of the ingress: a line, 5 MB, 6 MB, /health, the page, and what must not be there. */
const INGRESS_CHECKS = `
  const [host, token] = process.argv.slice(1);
  const headers = { authorization: 'Basic ' + Buffer.from(token + ':').toString('base64'), 'content-type': 'text/plain' };
  const post = (body) => fetch('https://' + host + '/logs?resolution=1', { method: 'POST', headers, body });
  const line = 'measure#through.ingress=4ms\\n';
  const asHost = (name) => new Promise((resolve) => require('https').get({ host, servername: host, path: '/logs', headers: { host: name } }, (answer) => resolve({ status: answer.statusCode })));
  (async () => {
    const answers = [];
    answers.push(await post(line));
    answers.push(await post(line.repeat(Math.floor(5e6 / line.length))));
    answers.push(await post('x'.repeat(6e6)).catch((error) => ({ status: error.cause?.code })));
    answers.push(await fetch('https://' + host + '/health'));
    answers.push(await fetch('https://' + host + '/'));
    answers.push(await fetch('https://' + host + '/metrics'));
    answers.push(await asHost('other.example.com'));
    console.log(answers.map(({ status }) => status).join(' '));
    process.exit();
  })();`;

/** Status of /health/live and /health/ready, asked within the pod. */
const HEALTH = `
  Promise.all(['live', 'ready'].map((path) => fetch('http://127.0.0.1:8080/health/' + path)))
    .then((answers) => console.log(answers.map(({ status }) => status).join(' ')));`;

function table(): string {
  const rows = steps.map(({ what, seen, seconds }, i) => `| ${i + 1} | ${what} | ${seen} | ${seconds} s |`);
  return ['| | step | seen | took |', '|---|---|---|---|', ...rows, ''].join('\n');
}

if (options.help) process.stdout.write(HELP);
else
  await main().catch((error: unknown) => {
    process.stderr.write(
      `${(error as Error).stack ?? String(error)}\nthe namespaces ${INSIDE} and ${OUTSIDE} are left to look at\n`,
    );
    process.exitCode = 1;
  });
