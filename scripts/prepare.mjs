// Prevents "it works on my machine": installs and builds whatever is missing or older than its source, so that each
// documented command works in a fresh clone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the project. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the project, its output on standard error; ends this process if it fails. */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs dependencies if there are none or the lock file has changed since. */
export function install() {
  checkNode();
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(path.join(root, 'package-lock.json')).mtimeMs) {
    return;
  }
  process.stderr.write('installing dependencies (npm ci)…\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Compiles src/ if dist/ is missing or older. */
export function build() {
  // What the build writes last.
  const built = path.join(root, 'dist/page/site/index.html');
  // It lies beside its source, for the tests, which run from there.
  const scanner = path.join(root, 'src/parsing/wasm/scanner.wasm');
  if (existsSync(built) && existsSync(scanner) && statSync(built).mtimeMs > newest(path.join(root, 'src'))) return;
  process.stderr.write('building (npm run build)…\n');
  run('npm', ['run', '--silent', 'build']);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`Node 20.19 or newer is needed, this is ${process.versions.node}: see https://nodejs.org\n`);
  process.exit(1);
}

/** When the newest file or folder below a folder changed, ms since the epoch. */
function newest(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (latest, entry) => Math.max(latest, statSync(path.join(entry.parentPath, entry.name)).mtimeMs),
    statSync(folder).mtimeMs,
  );
}
