import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';

const require = createRequire(import.meta.url);

/** A Kubernetes object, as it was rendered. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: Record<string, unknown>;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** The objects of a rendered chart. */
export function objectsOf(rendered: string): KubernetesObject[] {
  return parseAllDocuments(rendered).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const object = document.toJS() as KubernetesObject | null;
    return object ? [object] : [];
  });
}

type Model = new (object: unknown) => { validate(): void };

/** @throws if an object is not what its API takes: the message says where */
export function validate(object: KubernetesObject): void {
  const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
  const models = group!.endsWith('.coreos.com') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  const name = [models, group, version, object.kind].filter((part) => part !== '').join('/');
  const model = (require(name) as Record<string, Model>)[object.kind]!;
  const read = new Set<string>();
  watched(new model(object), '', read).validate();
  const unknown = pathsOf(object, '').filter((field) => !read.has(field));
  if (unknown.length > 0) throw new Error(`there are no such fields: ${unknown.join(', ')}`);
}

/**
 * An object that notes which of its fields are read. The models' own validation does not mind a field that there is not, but it never
 * looks at one either.
 */
function watched<T extends object>(object: T, at: string, read: Set<string>): T {
  return new Proxy(object, {
    get: (target, key, receiver): unknown => {
      const value: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol') return value;
      read.add(`${at}/${key}`);
      return typeof value === 'object' && value !== null ? watched(value, `${at}/${key}`, read) : value;
    },
  });
}

function pathsOf(value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, of]) => [`${at}/${key}`, ...pathsOf(of, `${at}/${key}`)]);
}

/** A pod as a template or an object of its own has it. */
export interface PodSpec {
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Record<string, unknown>;
  readonly volumes?: readonly Record<string, unknown>[];
  readonly containers: readonly Record<string, unknown>[];
  readonly [field: string]: unknown;
}

/** The pods that objects stand for. */
export function podsOf(objects: readonly KubernetesObject[]): { name: string; spec: PodSpec }[] {
  return objects.flatMap(({ kind, metadata: { name }, spec }) => {
    if (kind === 'Pod') return [{ name, spec: spec as unknown as PodSpec }];
    const template = spec?.['template'] as { spec: PodSpec } | undefined;
    return template ? [{ name, spec: template.spec }] : [];
  });
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** What of a pod the restricted Pod Security Standard (of Kubernetes 1.35) refuses; a read-only root is our own demand. */
export function notRestricted({ securityContext: pod = {}, containers, volumes = [], ...spec }: PodSpec): string[] {
  const problems: string[] = [];
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) if (spec[field]) problems.push(field);
  for (const volume of volumes) {
    const kinds = Object.keys(volume).filter((key) => key !== 'name');
    if (!kinds.every((kind) => VOLUMES.includes(kind))) problems.push(`volume of ${kinds.join()}`);
  }
  const all = [...containers, ...((spec['initContainers'] as typeof containers | undefined) ?? [])];
  for (const container of all) {
    const context = { ...pod, ...(container['securityContext'] as Record<string, unknown> | undefined) };
    const { drop = [], add = [] } = (context['capabilities'] ?? {}) as { drop?: string[]; add?: string[] };
    const seccomp = (context['seccompProfile'] as { type?: string } | undefined)?.type;
    const demands: [string, boolean][] = [
      ['privileged', context['privileged'] !== true],
      ['allowPrivilegeEscalation', context['allowPrivilegeEscalation'] === false],
      ['runAsNonRoot', context['runAsNonRoot'] === true],
      ['runAsUser', context['runAsUser'] !== 0],
      ['seccompProfile', seccomp === 'RuntimeDefault' || seccomp === 'Localhost'],
      ['capabilities', drop.includes('ALL') && add.every((one) => one === 'NET_BIND_SERVICE')],
      ['readOnlyRootFilesystem', context['readOnlyRootFilesystem'] === true],
      ['hostPort', ((container['ports'] ?? []) as { hostPort?: number }[]).every((port) => !port.hostPort)],
    ];
    problems.push(...demands.filter(([, holds]) => !holds).map(([what]) => `${container['name'] as string}: ${what}`));
  }
  return problems;
}
