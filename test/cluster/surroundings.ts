import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { type Ingress, NGINX, nginxConfig } from './ingress.js';
import { apply, evaluate, kubectl } from './kube.js';
import { CONTROL_PORT, VENDOR_PORT } from './pods/control.js';
import type { SenderSettings } from './pods/sender.js';

/** The images of the test, by what is in them. */
export interface Images {
  readonly l2met: string;
  readonly valkey: string;
  readonly nginx: string;
}

const RESTRICTED = {
  pod: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  container: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
};

interface PodOptions {
  readonly image: string;
  readonly command: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Folders, each from a ConfigMap or Secret. */
  readonly mounts?: Readonly<Record<string, { configMap: { name: string } } | { secret: { secretName: string } }>>;
  readonly ports?: readonly number[];
  /** What it gets of a CPU when all want some. */
  readonly cpu?: string;
  /** Names that lead to other addresses than DNS says. */
  readonly hosts?: Readonly<Record<string, string>>;
}

function pod(
  name: string,
  { image, command, labels, env = {}, mounts = {}, ports = [], hosts = {}, cpu = '250m' }: PodOptions,
) {
  const volumes = { ...mounts, '/tmp': { emptyDir: {} } };
  const volumeName = (_folder: unknown, i: number): string => `volume-${i}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name, ...labels } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      securityContext: RESTRICTED.pod,
      hostAliases: Object.entries(hosts).map(([hostname, ip]) => ({ ip, hostnames: [hostname] })),
      volumes: Object.values(volumes).map((source, i) => ({ name: volumeName(source, i), ...source })),
      containers: [
        {
          name,
          image,
          imagePullPolicy: 'IfNotPresent',
          command,
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          ports: ports.map((containerPort) => ({ containerPort })),
          ...(ports.length > 0 && {
            readinessProbe: { tcpSocket: { port: ports[0] }, periodSeconds: 1, failureThreshold: 60 },
          }),
          // Or pods that start would leave the sender no time to send.
          resources: { requests: { cpu, memory: '128Mi' } },
          securityContext: RESTRICTED.container,
          volumeMounts: Object.keys(volumes).map((mountPath, i) => ({ name: volumeName(mountPath, i), mountPath })),
        },
      ],
    },
  };
}

function service(name: string, ports: Readonly<Record<string, readonly [number, number]>>) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      selector: { app: name },
      ports: Object.entries(ports).map(([port, [from, to]]) => ({ name: port, port: from, targetPort: to })),
    },
  };
}

function configMap(name: string, data: Readonly<Record<string, string>>) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** A program of pods/, with all that it imports but what l2met's image has anyway. */
function program(name: 'sender' | 'vendor'): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`pods/${name}.ts`, import.meta.url))],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['undici', 'protobufjs'],
    logOverride: { 'empty-import-meta': 'silent' },
    write: false,
  });
  return outputFiles[0]!.text;
}

const PROGRAM = { NODE_PATH: '/app/node_modules' };

function ready(namespace: string, ...pods: readonly string[]): void {
  const names = pods.map((name) => `pod/${name}`);
  kubectl(['wait', '-n', namespace, ...names, '--for=condition=Ready', '--timeout=120s']);
}

/** The service that metrics go to: Librato's API as its documents have it. */
export function startVendor(namespace: string, { l2met }: Images, users: readonly string[]): void {
  apply(
    namespace,
    configMap('vendor', { 'vendor.cjs': program('vendor') }),
    service('vendor', { http: [80, VENDOR_PORT] }),
    pod('vendor', {
      image: l2met,
      command: ['node', '/program/vendor.cjs'],
      env: { ...PROGRAM, USERS: JSON.stringify(users) },
      mounts: { '/program': { configMap: { name: 'vendor' } } },
      ports: [VENDOR_PORT, CONTROL_PORT],
    }),
  );
  ready(namespace, 'vendor');
}

/** Two pods that do nothing by themselves; the second has the label that Prometheus has. */
export function startVisitors(namespace: string, { l2met }: Images): void {
  const command = ['node', '-e', 'process.on("SIGTERM", () => process.exit()); setInterval(() => undefined, 1e6)'];
  apply(
    namespace,
    pod('visitor', { image: l2met, command, cpu: '10m' }),
    pod('prometheus', { image: l2met, command, cpu: '10m', labels: { 'app.kubernetes.io/name': 'prometheus' } }),
  );
  ready(namespace, 'visitor', 'prometheus');
}

/** A certificate for a host, signed by itself. */
export function certificateFor(host: string): { readonly certificate: string; readonly key: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'l2met-cluster-'));
  const [key, certificate] = ['key', 'crt'].map((end) => path.join(folder, `tls.${end}`)) as [string, string];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', certificate],
  ]);
  if (made.status !== 0)
    throw new Error('the cluster test needs openssl 1.1.1 or newer on the PATH', { cause: made.error });
  const [certificateText, keyText] = [readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8')];
  rmSync(folder, { recursive: true });
  return { certificate: certificateText, key: keyText };
}

/** A Secret of the kind that an Ingress' `tls` names. */
export function tlsSecret(name: string, { certificate, key }: ReturnType<typeof certificateFor>): object {
  const stringData = { 'tls.crt': certificate, 'tls.key': key };
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name }, stringData };
}

/**
 * nginx, configured from the Ingress objects of another namespace, as a controller would.
 *
 * @returns its address within the cluster
 */
export function startNginx(namespace: string, { nginx }: Images, ingress: Ingress, tls: object): string {
  const portOf = (name: string, port: string): number => {
    const path = `{.spec.ports[?(@.name=="${port}")].port}`;
    return Number(kubectl(['get', 'service', '-n', ingress.metadata.namespace, name, '-o', `jsonpath=${path}`]));
  };
  const secretName = ingress.spec.tls![0]!.secretName;
  apply(
    namespace,
    tls,
    configMap('nginx', { 'nginx.conf': nginxConfig(ingress, portOf) }),
    service('nginx', { http: [80, NGINX.http], https: [443, NGINX.https] }),
    pod('nginx', {
      image: nginx,
      command: ['nginx', '-c', '/etc/l2met/nginx.conf'],
      mounts: {
        '/etc/l2met': { configMap: { name: 'nginx' } },
        [`${NGINX.secrets}/${secretName}`]: { secret: { secretName } },
      },
      ports: [NGINX.https, NGINX.http],
    }),
  );
  ready(namespace, 'nginx');
  return kubectl(['get', 'service', '-n', namespace, 'nginx', '-o', 'jsonpath={.spec.clusterIP}']);
}

/** Who drains: as Logplex does, through the ingress. */
export function startSender(
  namespace: string,
  { l2met }: Images,
  settings: SenderSettings,
  { host, address, certificate }: { readonly host: string; readonly address: string; readonly certificate: string },
): void {
  apply(
    namespace,
    configMap('sender', { 'sender.cjs': program('sender'), 'ca.crt': certificate }),
    pod('sender', {
      image: l2met,
      command: ['node', '/program/sender.cjs'],
      env: { ...PROGRAM, SENDER: JSON.stringify(settings), NODE_EXTRA_CA_CERTS: '/program/ca.crt' },
      mounts: { '/program': { configMap: { name: 'sender' } } },
      ports: [CONTROL_PORT],
      hosts: { [host]: address },
    }),
  );
  ready(namespace, 'sender');
}

/** As many lines as one pod can send, straight to the Service: compressed, so that the receivers have the work. */
export function startFlood(namespace: string, { l2met }: Images, url: string, token: string): void {
  // A connection a request, so that each may lead to another receiver.
  const script = `
    const lines = Array.from({ length: 20000 }, (_, i) => 'measure#flood.' + i % 50 + '=' + i % 1000 + 'ms');
    const body = require('zlib').gzipSync(lines.join('\\n'));
    const [url, token] = process.env.FLOOD.split(' ');
    const options = { method: 'POST', agent: false, auth: token + ':', headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' } };
    const post = () => require('http').request(url + '/logs', options, (answer) => answer.resume().on('close', post))
      .on('error', () => setTimeout(post, 100)).end(body);
    process.on('SIGTERM', () => process.exit());
    for (let i = 0; i < 8; i++) post();`;
  apply(namespace, pod('flood', { image: l2met, command: ['node', '-e', script], env: { FLOOD: `${url} ${token}` } }));
  ready(namespace, 'flood');
}

/** Whether a pod can open a connection. */
export function reaches(namespace: string, from: string, host: string, port: number): boolean {
  const script = `
    const [host, port] = process.argv.slice(1);
    const socket = require('net').connect({ host, port: Number(port) });
    const end = (what) => { console.log(what); process.exit(); };
    socket.on('connect', () => end('yes')).on('error', () => end('no'));
    setTimeout(() => end('no'), 2000);`;
  return evaluate(namespace, from, script, host, String(port)) === 'yes';
}
