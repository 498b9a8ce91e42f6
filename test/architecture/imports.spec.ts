import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

/**
 * Who may import whom. docs/architecture.md gives the reasons; a change here is a change of the design and comes with an
 * ADR. A pattern names files by their path below src/ without `.ts`; `*` is any text without a slash.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  crypto: [],
  health: [],
  parsing: ['model/*'],
  telemetry: ['model/*'],
  store: ['model/*', 'telemetry/*'],
  'store/memory': ['store/*', 'model/*', 'telemetry/*'],
  'store/redis': ['store/*', 'model/*', 'telemetry/*'],
  metchan: ['store/window-store', 'crypto/*', 'model/*', 'telemetry/*'],
  access: ['crypto/*', 'model/*', 'telemetry/*'],
  ingest: ['access/*', 'parsing/*', 'store/window-store', 'crypto/*', 'model/*', 'telemetry/*'],
  query: ['access/*', 'store/window-store', 'model/*', 'telemetry/*'],
  page: ['access/http-error', 'access/routes', 'model/*', 'telemetry/*'],
  'page/browser': ['model/*'],
  outlet: ['store/window-store', 'crypto/*', 'model/*', 'telemetry/*', 'outlet/destinations/index'],
  'outlet/destinations': ['model/*', 'outlet/destination', 'outlet/http-client', 'outlet/http-outcome'],
  config: ['model/*', 'crypto/*', 'telemetry/*', 'store/redis-url'],
  cli: ['*', '*/*', '*/*/*'],
  '': ['*', '*/*', '*/*/*'],
};

/** Only this file may reach an adapter of the store. */
const ADAPTER_DOOR = 'store/store.module';

/** Packages that have one home. */
const PACKAGE_HOMES: readonly { name: RegExp; homes: readonly string[] }[] = [
  {
    name: /^@nestjs\//,
    homes: [
      'app.module',
      'cli/*',
      '*/*.module',
      'access/*',
      'ingest/*',
      'query/*',
      'outlet/*',
      'health/*',
      'store/store.health',
      'store/store.metrics',
      'metchan/*',
      'page/*',
      'telemetry/*',
    ],
  },
  { name: /^prom-client$/, homes: ['telemetry/*'] },
  { name: /^pbf$/, homes: ['outlet/destinations/otlp/*'] },
  { name: /^ioredis$/, homes: ['store/redis/*'] },
  { name: /^uplot$/, homes: ['page/browser/charts/plot', 'page/browser/charts/card'] },
  { name: /^undici$/, homes: ['outlet/http-client', 'outlet/address-policy', 'cli/drain-client', 'cli/demo'] },
  { name: /^pino/, homes: ['telemetry/logger'] },
  { name: /^class-(validator|transformer)$/, homes: ['config/*', 'ingest/drain-options'] },
];

/** What only one place may touch, however it is spelled. */
const GLOBAL_HOMES: readonly { what: string; pattern: RegExp; homes: readonly string[] }[] = [
  { what: 'process.env and process.argv', pattern: /process\.(env|argv)\b/, homes: ['config/*'] },
  {
    what: 'the system clock',
    pattern: /\bDate\.now\(|new Date\(\)|\bperformance\.now\(/,
    homes: ['model/clock', 'health/connections', 'telemetry/logger', 'cli/demo', 'page/browser/*', 'page/browser/*/*'],
  },
];

const src = fileURLToPath(new URL('../../src/', import.meta.url));

interface SourceFile {
  /** Path below src/ without `.ts`. */
  readonly name: string;
  readonly text: string;
  /** Files below src/ that it imports, without `.ts`. */
  readonly internal: readonly string[];
  readonly packages: readonly string[];
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => read(file.split(path.sep).join('/')));

describe('the structure of src/', () => {
  it('has files to look at', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.flatMap((file) => file.internal).length).toBeGreaterThan(100);
  });

  it('has no folder that the table does not know', () => {
    const unknown = files.map((file) => folderOf(file.name)).filter((folder) => roomOf(folder) === undefined);
    expect(unknown).toEqual([]);
  });

  it('lets each folder import only what the table allows', () => {
    const wrong = files.flatMap((file) =>
      file.internal.filter((target) => !mayImport(file.name, target)).map((target) => `${file.name} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('lets only store.module.ts reach the adapters of the store', () => {
    const wrong = files
      .filter((file) => file.name !== ADAPTER_DOOR && !/^store\/(memory|redis)\//.test(file.name))
      .filter((file) => file.internal.some((target) => /^store\/(memory|redis)\//.test(target)));
    expect(wrong.map((file) => file.name)).toEqual([]);
  });

  it('keeps a destination apart from every other destination', () => {
    const kindOf = (name: string): string | undefined => /^outlet\/destinations\/([a-z]+)/.exec(name)?.[1];
    const wrong = files.flatMap((file) => {
      const kind = kindOf(file.name);
      if (kind === undefined || kind === 'index') return [];
      return file.internal.filter((target) => kindOf(target) !== undefined && kindOf(target) !== kind);
    });
    expect(wrong).toEqual([]);
  });

  it.each(PACKAGE_HOMES)('keeps the package $name in its homes', ({ name, homes }) => {
    const wrong = files.filter(
      (file) => file.packages.some((used) => name.test(used)) && !matchesAny(file.name, homes),
    );
    expect(wrong.map((file) => file.name).filter((file) => file !== 'main')).toEqual([]);
  });

  it.each(GLOBAL_HOMES)('keeps $what in its homes', ({ pattern, homes }) => {
    const wrong = files.filter((file) => pattern.test(withoutComments(file.text)) && !matchesAny(file.name, homes));
    expect(wrong.map((file) => file.name)).toEqual([]);
  });

  it('keeps Nest out of model and parsing, but for parsing.module.ts', () => {
    const wrong = files.filter(
      (file) =>
        /^(model|parsing)\//.test(file.name) &&
        file.name !== 'parsing/parsing.module' &&
        file.packages.some((used) => used.startsWith('@nestjs/')),
    );
    expect(wrong.map((file) => file.name)).toEqual([]);
  });

  it('has no import in a circle', () => {
    const byName = new Map(files.map((file) => [file.name, file]));
    const done = new Set<string>();
    const visit = (name: string, trail: readonly string[]): string[] => {
      if (trail.includes(name)) return [[...trail.slice(trail.indexOf(name)), name].join(' → ')];
      if (done.has(name)) return [];
      const circles = (byName.get(name)?.internal ?? []).flatMap((target) => visit(target, [...trail, name]));
      done.add(name);
      return circles;
    };
    expect(files.flatMap((file) => visit(file.name, []))).toEqual([]);
  });
});

function read(file: string): SourceFile {
  const text = readFileSync(path.join(src, file), 'utf8');
  const specifiers = [...withoutComments(text).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1]!,
  );
  const name = file.replace(/\.ts$/, '');
  const resolve = (specifier: string): string =>
    path.posix.join(path.posix.dirname(name), specifier).replace(/\.js$/, '');
  return {
    name,
    text,
    internal: specifiers.filter((specifier) => specifier.startsWith('.')).map(resolve),
    packages: specifiers.filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:')),
  };
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1');
}

function folderOf(name: string): string {
  return name.includes('/') ? path.posix.dirname(name) : '';
}

/** The entry of the table that speaks for a folder: its own or the nearest above it. */
function roomOf(folder: string): string | undefined {
  if (folder in MAY_IMPORT) return folder;
  const above = folder.includes('/') ? path.posix.dirname(folder) : undefined;
  return above === undefined ? undefined : roomOf(above);
}

function mayImport(from: string, target: string): boolean {
  const room = roomOf(folderOf(from))!;
  if (roomOf(folderOf(target)) === room) return true;
  if (from === ADAPTER_DOOR && target.startsWith('store/')) return true;
  return matchesAny(target, MAY_IMPORT[room]!);
}

function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(name),
  );
}
