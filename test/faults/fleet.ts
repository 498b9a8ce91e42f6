import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../redis/servers.js';

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));

/** A run that fails must not leave processes behind. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** From the start of a process until it listens, ms: on a machine that is busy with other runs it takes a while. */
const START_MS = 90_000;

export type Role = 'receiver' | 'outlet';

/** One process of l2met, started anew as often as it is killed. */
export class Member {
  /** Where a receiver listens; undefined while it does not. */
  url: string | undefined;
  /** Times that it was killed or frozen. */
  faults = 0;
  private child: ChildProcess | undefined;
  private pauses = 0;
  private readonly log;

  constructor(
    readonly role: Role,
    /** Of its role, from 0. */
    readonly index: number,
    private env: NodeJS.ProcessEnv,
    logFolder: string,
    /** Told just before it is killed or frozen. */
    private readonly onFault: () => void,
  ) {
    this.log = createWriteStream(path.join(logFolder, `${role}-${index}.log`), { flags: 'a' });
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** Starts it and waits until it listens. @param env what is to be set from now on besides */
  async start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    this.env = { ...this.env, ...env };
    const child = spawn(process.execPath, [PROGRAM, 'serve', `--${this.role}`, '--port', '0', '--host', '127.0.0.1'], {
      env: { PATH: process.env['PATH'], ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    running.add(child);
    child.stdout.pipe(this.log, { end: false });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.log.write(chunk);
      if (this.url === undefined) text += chunk;
      this.url ??= /"url":"(http[^"]+)"/.exec(text)?.[1];
    });
    child.once('exit', () => {
      running.delete(child);
      if (this.child === child) this.child = this.url = undefined;
    });
    await until(() => {
      if (child.exitCode !== null) throw new Error(`${this.role} ${this.index} ended with ${child.exitCode}: ${text}`);
      return this.url !== undefined || child.signalCode !== null;
    }, START_MS);
  }

  /** As the kernel does it when memory is short: no last word. */
  async kill(): Promise<void> {
    this.fault();
    await this.end('SIGKILL');
  }

  /** As a roll-out does it. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Kills it within this very step, without waiting. */
  killNow(): void {
    if (!this.child) return;
    this.fault();
    this.child.kill('SIGKILL');
    this.child = this.url = undefined;
  }

  /** It does nothing until it was resumed as often, but its connections stay. */
  pause(): void {
    if (this.pauses++ === 0) this.child?.kill('SIGSTOP');
  }

  /** {@link pause}, as a fault: for longer than what it was doing can bear. */
  freeze(): void {
    this.fault();
    this.pause();
  }

  resume(): void {
    if (--this.pauses === 0) this.child?.kill('SIGCONT');
  }

  private fault(): void {
    this.faults++;
    this.onFault();
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.url = undefined;
    child.kill(signal);
    await ended;
    this.child = undefined;
  }
}
