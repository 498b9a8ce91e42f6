import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { COUNTERS } from '../../src/telemetry/counter-definitions.js';
import { GAUGES } from '../../src/telemetry/gauges.js';
import { HISTOGRAMS } from '../../src/telemetry/histograms.js';
import { CHART, helm } from './helm.js';
import { type KubernetesObject, notRestricted, objectsOf, podsOf, validate } from './objects.js';

const GOLDEN = fileURLToPath(new URL('golden/', import.meta.url));
const SETS = readdirSync(path.join(CHART, 'ci')).map((file) => file.replace('-values.yaml', ''));

function render(...args: readonly string[]): string {
  const { ok, out, err } = helm('template', 'l2met', CHART, '--namespace', 'demo', ...args);
  if (!ok) throw new Error(err);
  return out;
}

const valuesOf = (set: string): string[] => ['--values', path.join(CHART, 'ci', `${set}-values.yaml`)];

function find(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const object = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (!object) throw new Error(`there is no ${kind} ${name}`);
  return object;
}

describe.each(SETS)('the chart with the values of ci/%s', (set) => {
  const rendered = render(...valuesOf(set));
  const objects = objectsOf(rendered);

  it('passes helm lint --strict', () => {
    const { ok, out } = helm('lint', '--strict', CHART, ...valuesOf(set));
    expect(ok ? '' : out).toBe('');
  });

  it('renders objects that Kubernetes and the Prometheus operator take', () => {
    expect(objects.length).toBeGreaterThan(8);
    for (const object of objects) {
      try {
        validate(object);
      } catch (error) {
        throw new Error(`${object.kind} ${object.metadata.name}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  it('renders pods that the restricted standard takes, with a read-only root', () => {
    const pods = podsOf(objects);
    expect(pods.length).toBeGreaterThan(1);
    for (const { name, spec } of pods) expect([name, notRestricted(spec)]).toEqual([name, []]);
    for (const { spec } of pods) expect(spec['automountServiceAccountToken']).toBe(false);
  });

  // What was looked at by eye; UPDATE_GOLDEN=1 writes it anew, to be looked at again.
  it('renders what it did', () => {
    const masked = rendered
      .replace(/^( *SECRETS: ").*(")$/gm, '$1made up$2')
      .replace(/^( *checksum\/\w+: ).*$/gm, '$1of these')
      .replace(/^( *l2met\.json: \|)\n(?: {4}.*\n)+/m, '$1\n    the dashboard\n');
    const file = path.join(GOLDEN, `${set}.yaml`);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(file, masked);
    }
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing: run with UPDATE_GOLDEN=1').toBe(masked);
  });
});

it('the image is by default that of this version', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const deployment = find(objectsOf(render()), 'Deployment', 'l2met-receiver');
  expect(podsOf([deployment])[0]!.spec.containers[0]!['image']).toBe(`l2met/l2met:${version}`);
});

it('a field that Kubernetes does not know is found, wherever it stands', () => {
  const objects = objectsOf(render());
  const spec = find(objects, 'Deployment', 'l2met-receiver').spec as Record<string, Record<string, unknown>>;
  const container = podsOf(objects)[0]!.spec.containers[0]!;
  const deployment = find(objects, 'Deployment', 'l2met-outlet');
  expect(() => validate(deployment)).not.toThrow();
  container['imagePulPolicy'] = 'Always';
  expect(() => objects.forEach(validate)).toThrow(/no such fields: .*imagePulPolicy/);
  delete container['imagePulPolicy'];
  spec['strategy']!['maxSurge'] = 1;
  expect(() => objects.forEach(validate)).toThrow(/no such fields: .spec.strategy.maxSurge/);
});

describe('alerts and dashboard', () => {
  const file = (name: string): string => readFileSync(path.join(CHART, 'files', name), 'utf8');

  it('ask for numbers that there are', () => {
    const known = new Set([
      ...Object.keys(COUNTERS).map((name) => `l2met_${name}_total`),
      ...Object.keys(GAUGES).map((name) => `l2met_${name}`),
      ...Object.keys(HISTOGRAMS).flatMap((name) => ['bucket', 'sum', 'count'].map((part) => `l2met_${name}_${part}`)),
    ]);
    const asked = [...`${file('alerts.yaml')}${file('dashboard.json')}`.matchAll(/\bl2met_\w+/g)].map(([name]) => name);
    expect(asked.length).toBeGreaterThan(40);
    expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
  });

  it('of a release ask for that release’s numbers alone, and not for outlets that it has not', () => {
    const rulesOf = (...args: readonly string[]) => {
      const rules = objectsOf(render('--set', 'monitoring.rules.enabled=true', ...args)).find(
        ({ kind }) => kind === 'PrometheusRule',
      )!;
      return (rules.spec as unknown as { groups: { rules: { alert: string; expr: string }[] }[] }).groups[0]!.rules;
    };
    const plain = [...file('alerts.yaml').matchAll(/expr: (.*)/g)].map(([, expr]) => expr!);
    const inNamespace = rulesOf().map(({ expr }) => expr);
    expect(inNamespace.map((expr) => expr.replace(/\{namespace="demo"\}|namespace="demo",/g, ''))).toEqual(plain);
    for (const expr of inNamespace)
      expect(expr.match(/namespace="demo"/g)!.length).toBe(expr.match(/l2met_\w+/g)!.length);
    const alerts = rulesOf('--set', 'outlet.enabled=false').map(({ alert }) => alert);
    expect(alerts).toContain('L2metRequestsRefused');
    expect(alerts).not.toContain('L2metNoOutlet');
  });

  it('each alert has its entry in the runbook', () => {
    const runbook = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const alerts = [...file('alerts.yaml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
    expect(alerts.length).toBeGreaterThan(5);
    expect(alerts.filter((name) => !runbook.includes(`\n#### ${name}\n`))).toEqual([]);
  });

  // In the gate it is there.
  const whereThere = spawnSync('promtool', ['--version']).error && !process.env['CI'] ? it.skip : it;
  whereThere('alerts fire for what they are there for, and not for what is well', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'l2met-alerts-'));
    copyFileSync(path.join(CHART, 'files/alerts.yaml'), path.join(folder, 'alerts.yaml'));
    copyFileSync(new URL('alerts.test.yaml', import.meta.url), path.join(folder, 'alerts.test.yaml'));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'alerts.test.yaml'], {
      cwd: folder,
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    expect(status === 0 ? '' : `${stdout}${stderr}`).toBe('');
  });
});

describe('values that cannot work', () => {
  const url = ['--set', 'redis.bundled.enabled=false,redis.url=redis://r:6379'];

  it.each<[string, readonly string[], RegExp]>([
    ['keys in two places', ['--set', 'secrets.keys=k,secrets.existingSecret=s'], /keep one of them/],
    [
      'secrets beside a Secret',
      ['--set', 'secrets.existingSecret=s,secrets.settings.LIBRATO_URL=u'],
      /put these settings into that Secret/,
    ],
    ['a Redis in two places', [...url, '--set', 'redis.existingSecret=s'], /redis.existingSecret are both set/],
    ['a bundled Redis beside a URL', ['--set', 'redis.url=redis://r:6379'], /set redis.bundled.enabled=false/],
    ['no Redis at all', ['--set', 'redis.bundled.enabled=false'], /need a Redis between them/],
    ['an Ingress without a host', ['--set', 'ingress.enabled=true'], /name the hosts/],
    [
      'a secret among settings',
      ['--set', 'settings.LIBRATO_URL=https://u'],
      /belongs into secrets.settings.LIBRATO_URL/,
    ],
    ['keys among settings', ['--set', 'settings.SECRETS=k'], /belongs into secrets.keys/],
    ['a Redis among settings', ['--set', 'settings.REDIS_URL=redis://r'], /belongs into redis.url/],
    ['a role among settings', ['--set', 'settings.OUTLET=on'], /its Deployment's/],
    [
      'an autoscaler without room',
      ['--set', 'receiver.autoscaling.enabled=true,receiver.autoscaling.minReplicas=11'],
      /above maxReplicas/,
    ],
    [
      'an autoscaler without a request for CPU',
      ['--set', 'receiver.autoscaling.enabled=true,receiver.resources.requests.cpu=null'],
      /needs receiver.resources.requests.cpu/,
    ],
    ['a drain longer than the shutdown', ['--set', 'settings.DRAIN_MS=30000'], /less than settings.SHUTDOWN_MS/],
    ['a shutdown shorter than the drain', ['--set', 'settings.SHUTDOWN_MS=4000'], /less than settings.SHUTDOWN_MS/],
    ['keys among secret settings', ['--set', 'secrets.settings.SECRETS=k'], /its place is secrets.keys/],
    ['a CA in two places', ['--set', 'redis.caSecret=s,settings.REDIS_TLS_CA=/f'], /keep one of them/],
    ['containers of one’s own', ['--set', 'receiver.pod.containers[0].name=x'], /belongs into receiver.container/],
    ['a secret that is a number', ['--set', 'secrets.settings.SIGN_SECRET=1234567890123456789'], /got number, want/],
    ['a list as a setting', ['--set', 'settings.ALLOW_DESTINATIONS={a,b}'], /got array, want/],
    ['a value that there is not', ['--set', 'receiver.replica=3'], /additional properties 'replica' not allowed/],
    ['a value of another type', ['--set', 'receiver.replicas=many'], /want integer/],
  ])('fail with advice: %s', (_what, args, advice) => {
    const { ok, err } = helm('template', 'l2met', CHART, ...args);
    expect(err).toMatch(advice);
    expect(ok).toBe(false);
  });
});

describe('a pod', () => {
  const podOf = (role: string, ...args: readonly string[]) =>
    podsOf([find(objectsOf(render(...args)), 'Deployment', `l2met-${role}`)])[0]!.spec;

  it('gets as long to end as the process takes at most, and five seconds more', () => {
    expect(podOf('receiver').terminationGracePeriodSeconds).toBe(30);
    expect(podOf('outlet', '--set', 'settings.SHUTDOWN_MS=60500').terminationGracePeriodSeconds).toBe(66);
  });

  it('is replaced when settings or secrets change, and by nothing else', () => {
    const keys = ['--set', 'secrets.keys=one'];
    const annotationsOf = (...args: readonly string[]) => {
      const spec = find(objectsOf(render(...args)), 'Deployment', 'l2met-outlet').spec!;
      return JSON.stringify((spec['template'] as { metadata: { annotations: unknown } }).metadata.annotations);
    };
    const before = annotationsOf(...keys);
    expect(annotationsOf(...keys, '--set', 'receiver.replicas=7')).toBe(before);
    expect(annotationsOf(...keys, '--set', 'settings.LOG_LEVEL=debug')).not.toBe(before);
    expect(annotationsOf('--set', 'secrets.keys=two')).not.toBe(before);
  });

  it('gets whole numbers as they are, however large', () => {
    const args = ['--set', 'settings.TENANT_BYTES=1099511627776,settings.ALLOW_DESTINATIONS=*.example.com'];
    const { data } = find(objectsOf(render(...args)), 'ConfigMap', 'l2met');
    expect(data).toMatchObject({ TENANT_BYTES: '1099511627776', ALLOW_DESTINATIONS: '*.example.com' });
  });

  it('gets on and off, which YAML takes for true and false, as l2met reads them', () => {
    const { data } = find(
      objectsOf(render('--set', 'settings.TRUST_PROXY=false,settings.TRIAL=true,settings.LOG_FORMAT=pretty')),
      'ConfigMap',
      'l2met',
    );
    expect(data).toMatchObject({ TRUST_PROXY: 'off', TRIAL: 'on', LOG_FORMAT: 'pretty' });
  });

  it('gets nothing of a setting that is taken back', () => {
    const objects = objectsOf(render('--set', 'settings.LOG_LEVEL=null,secrets.settings.SIGN_SECRET=null'));
    expect(find(objects, 'ConfigMap', 'l2met').data).not.toHaveProperty('LOG_LEVEL');
    expect(find(objects, 'Secret', 'l2met').data).not.toHaveProperty('SIGN_SECRET');
  });

  it('shows its page, and leads to it, unless it is told not to', () => {
    const ingress = 'ingress.enabled=true,ingress.hosts={l2met.example.com}';
    const pathsOf = (objects: ReturnType<typeof objectsOf>): string[] => {
      const { rules } = find(objects, 'Ingress', 'l2met').spec as { rules: { http: { paths: { path: string }[] } }[] };
      return rules.flatMap(({ http }) => http.paths.map(({ path }) => path));
    };
    const shown = objectsOf(render('--set', ingress));
    expect(find(shown, 'ConfigMap', 'l2met').data).not.toHaveProperty('PAGE');
    expect(pathsOf(shown)).toEqual(['/logs', '/sign', '/series', '/query', '/health', '/', '/page', '/try']);
    const off = objectsOf(render('--set', `${ingress},receiver.page=false`));
    expect(find(off, 'ConfigMap', 'l2met').data).toMatchObject({ PAGE: 'off' });
    expect(pathsOf(off)).toEqual(['/logs', '/sign', '/series', '/query', '/health']);
  });

  it('signs nothing over HTTP unless it is told to', () => {
    const signOf = (...args: readonly string[]): unknown =>
      (find(objectsOf(render(...args)), 'ConfigMap', 'l2met').data as Record<string, unknown>)['SIGN'];
    expect([signOf(), signOf('--set', 'settings.SIGN=on'), signOf('--set', 'settings.SIGN=true')]).toEqual([
      'off',
      'on',
      'on',
    ]);
  });

  it('can mount what its operator has', () => {
    const values = [
      'outlet.pod.volumes[0].name=ca,outlet.pod.volumes[0].secret.secretName=ca,redis.caSecret=redis-ca',
      'outlet.container.volumeMounts[0].name=ca,outlet.container.volumeMounts[0].mountPath=/ca',
      'outlet.container.env[0].name=NODE_EXTRA_CA_CERTS,outlet.container.env[0].value=/ca/ca.crt',
    ].join();
    const objects = objectsOf(render('--set', values));
    const spec = podsOf([find(objects, 'Deployment', 'l2met-outlet')])[0]!.spec;
    const namesOf = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name);
    objects.forEach(validate);
    expect(namesOf(spec.volumes)).toEqual(['redis-ca', 'ca']);
    expect(namesOf(spec.containers[0]!['volumeMounts'])).toEqual(['redis-ca', 'ca']);
    expect(namesOf(spec.containers[0]!['env'])).toEqual(['REDIS_URL', 'NODE_EXTRA_CA_CERTS']);
  });

  it('of the bundled Redis has a name that leaves room for the label of its revision', () => {
    const args = ['template', `${'l2met-'.repeat(8)}abcde`, CHART];
    const { out } = helm(...args);
    const set = objectsOf(out).find(({ kind }) => kind === 'StatefulSet')!;
    expect(`${set.metadata.name}-0123456789`.length).toBeLessThanOrEqual(63);
  });
});

describe('the notes', () => {
  const notesOf = (...args: readonly string[]): string => {
    const { ok, out, err } = helm('install', 'l2met', CHART, '--namespace', 'demo', '--dry-run=client', ...args);
    if (!ok) throw new Error(err);
    return out.slice(out.indexOf('NOTES:'));
  };

  it('say how to make a drain URL for the host of the Ingress', () => {
    const notes = notesOf('--set', 'ingress.enabled=true,ingress.hosts={l2met.example.com}');
    expect(notes).toContain(
      'kubectl exec -i -n demo deploy/l2met-receiver -- l2met sign --url http://l2met.example.com\n',
    );
    expect(notes).not.toContain('No Ingress leads here');
    expect(notes).toContain('set settings.TRUST_PROXY');
  });

  it('name the port of the Service where it is not that of http', () => {
    expect(notesOf('--set', 'service.port=8080')).toContain('l2met sign --url http://l2met.demo:8080\n');
  });

  it('say that a bundled Redis is a trial, where no Ingress leads, and where the key is', () => {
    const notes = notesOf();
    for (const said of ['THIS IS A TRIAL', 'No Ingress leads here', 'kubectl get secret -n demo l2met']) {
      expect(notes).toContain(said);
    }
    const own = notesOf('--set', 'redis.bundled.enabled=false,redis.url=redis://r:6379,secrets.keys=k');
    expect(own).not.toContain('TRIAL');
    expect(own).not.toContain('made up');
  });
});
