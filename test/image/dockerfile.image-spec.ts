import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Instructions of the Dockerfile, by stage. */
const [, build, final] = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8')
  .replace(/\\\n/g, ' ')
  .split(/^FROM /m)
  .map((stage) =>
    stage
      .split('\n')
      .slice(1)
      .filter((line) => /^[A-Z]+ /.test(line))
      .map((line) => line.split(/\s+/)),
  ) as [unknown, string[][], string[][]];

/** Whether .dockerignore, which names first what stays out and then what comes in all the same, lets a file through. */
function isSent(file: string): boolean {
  let sent = true;
  for (const rule of readFileSync(path.join(ROOT, '.dockerignore'), 'utf8').trim().split('\n')) {
    const pattern = rule.replace(/^!/, '');
    if (pattern === '*' || file === pattern || file.startsWith(`${pattern}/`) || path.matchesGlob(file, pattern)) {
      sent = rule.startsWith('!');
    }
  }
  return sent;
}

/** Does what a stage's COPY and RUN say, in a folder in place of its WORKDIR. */
function perform(instructions: readonly string[][], folder: string): void {
  for (const [instruction, ...rest] of instructions) {
    if (instruction === 'COPY') {
      const target = path.join(folder, rest.at(-1)!);
      for (const from of rest.slice(0, -1)) {
        const to = rest.at(-1)!.endsWith('/') ? path.join(target, from) : target;
        cpSync(path.join(ROOT, from), to, {
          recursive: true,
          filter: (source) => isSent(path.relative(ROOT, source)),
        });
      }
    } else if (instruction === 'RUN') {
      execFileSync('sh', ['-ec', rest.join(' ')], { cwd: folder, stdio: 'pipe' });
    }
  }
}

/** As the chart has it: a root that is read-only, uid 1000, no capability. */
const CONFINED = [
  ...['unshare', '--mount', '--', 'sh', '-ec', 'mount -o remount,bind,ro / && ! touch "$0" 2>/dev/null && exec "$@"'],
];
const AS_USER = [
  ...['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'],
  ...['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', '--'],
];

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

(isRoot ? describe : describe.skip)('what the Dockerfile makes (as root on Linux)', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'l2met-image-'));
    execFileSync('chmod', ['755', folder]);
    const [stage, app] = ['build', 'app'].map((name) => path.join(folder, name)) as [string, string];
    for (const one of [stage, app]) mkdirSync(one);
    perform(build, stage);
    for (const [instruction, from, source, target] of final) {
      if (instruction === 'COPY' && from === '--from=build')
        cpSync(
          path.join(stage, source!.replace('/app/', '')),
          path.join(app, target!, target === './' ? path.basename(source!) : ''),
          {
            recursive: true,
            verbatimSymlinks: true,
          },
        );
    }
    rmSync(stage, { recursive: true });
  }, 400_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is production code alone: no test, no tool, no other source than what is built', () => {
    const app = path.join(folder, 'app');
    expect(readdirSync(app).sort()).toEqual(['dist', 'node_modules', 'package.json']);
    for (const tool of ['typescript', 'jest', '@nestjs/cli', 'eslint'])
      expect(existsSync(path.join(app, 'node_modules', tool))).toBe(false);
    const built = readdirSync(path.join(app, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(built.filter((file) => /spec|\.ts$/.test(file.replace(/\.d\.ts$/, '')))).toEqual([]);
  });

  it('starts as uid 1000 with a read-only root and no capability, is ready, and ends by SIGTERM', async () => {
    const main = path.join(folder, 'app/dist/main.js');
    const [command, ...args] = [...CONFINED, path.join(folder, 'probe'), ...AS_USER, process.execPath, main, 'serve'];
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: '0', DRAIN_MS: '0', TRIAL: 'on' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const url = await new Promise<string>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
        const [found] = /http:\/\/localhost:\d+/.exec(output) ?? [];
        if (found) resolve(found);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      void ended.then((code) => reject(new Error(`ended with ${code}: ${output}`)));
    });
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\s+1000\s+1000\s/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
