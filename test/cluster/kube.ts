import { spawnSync } from 'node:child_process';
import { helm as runHelm } from '../helm/helm.js';

/** An object as the API has it, as far as this test reads it. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** Runs kubectl against the cluster of KUBECONFIG. @throws with what it said */
export function kubectl(args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync('kubectl', args, { encoding: 'utf8', input, maxBuffer: 1 << 29 });
  if (error) throw new Error('the cluster test needs kubectl on the PATH', { cause: error });
  if (status !== 0) throw new Error(`kubectl ${args.join(' ').slice(0, 200)}: ${stderr}`);
  return stdout;
}

/** What kubectl says why it does not do something; empty if it does. */
export function kubectlFailure(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('kubectl', args, { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** Runs helm. @throws with what it said */
export function helm(...args: readonly string[]): string {
  const { ok, out, err } = runHelm(...args);
  if (!ok) throw new Error(`helm ${args.join(' ').slice(0, 200)}: ${err}${out}`);
  return out;
}

/** Creates or changes objects. */
export function apply(namespace: string, ...objects: readonly object[]): void {
  kubectl(['apply', '-n', namespace, '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}

/** Asks a pod of the test something, through the API. */
export function ask<T>(namespace: string, pod: string, port: number, path: string): T {
  return JSON.parse(kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`])) as T;
}

/** Runs a line of JavaScript in a pod that has node; what it prints. */
export function evaluate(namespace: string, pod: string, script: string, ...args: readonly string[]): string {
  return kubectl(['exec', '-n', namespace, pod, '--', 'node', '-e', script, ...args]).trim();
}

/** Names of the pods of a part of the release, those that end included. */
export function podsOf(namespace: string, component: string): string[] {
  const out = kubectl(['get', 'pods', '-n', namespace, '-l', `app.kubernetes.io/component=${component}`, '-o', 'name']);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace('pod/', ''));
}
