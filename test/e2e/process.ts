import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import { DrainTokens } from '../../src/crypto/drain-token.js';
import { generateKey, KeyRing } from '../../src/crypto/key-ring.js';

/** The built program. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** What a failed test leaves running would keep the suite from ending. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** How a process ended, with all that it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the built command line. */
export class L2met {
  stdout = '';
  stderr = '';
  private readonly ended: Promise<Ended>;

  private constructor(readonly child: ChildProcess) {
    running.add(child);
    child.once('close', () => running.delete(child));
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Runs a command; only what `env` names is set, besides PATH. */
  static run(args: readonly string[], env: NodeJS.ProcessEnv = {}, input?: string): L2met {
    const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...env } });
    if (input === undefined) child.stdin.end();
    else child.stdin.end(input);
    return new L2met(child);
  }

  /** Resolves with how it ended. */
  end(): Promise<Ended> {
    return this.ended;
  }

  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  /** The log lines so far, parsed. */
  events(): Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** A service on a free port with a key of its own. */
export interface RunningService {
  readonly process: L2met;
  readonly url: string;
  readonly secret: string;
  /** A drain token for credentials. */
  token(credentials: string): string;
}

/** Starts `serve` on a free port and waits until it listens. Without DRAIN_MS it shuts down at once. */
export async function startService(
  env: NodeJS.ProcessEnv = {},
  roles: readonly ('--receiver' | '--outlet')[] = ['--receiver', '--outlet'],
): Promise<RunningService> {
  const secret = generateKey();
  const process = L2met.run(['serve', ...roles, '--port', '0', '--host', '127.0.0.1'], {
    SECRETS: secret,
    DRAIN_MS: '0',
    ...env,
  });
  const url = await until(
    () => process.events().find(({ event }) => event === 'listening')?.['url'] as string | undefined,
    'the service listens',
    () => process.stderr,
  );
  const tokens = new DrainTokens(KeyRing.parse(env['SECRETS'] ?? secret));
  return { process, url, secret, token: (credentials) => tokens.issue(credentials) };
}

/** Waits for a condition to give something, looking often. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  otherwise: () => string = () => '',
  withinMs = 20_000,
): Promise<T> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endsAt) throw new Error(`waited ${withinMs} ms in vain until ${what}\n${otherwise()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
