import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './client.js';
import { masterOf } from './cluster-layout.js';
import { codeOf, faultOf, RedisUnavailableError, withoutCommand } from './errors.js';
import { type ConfirmedEvaluations, confirmedEvaluations, type Evaluation, type ScriptForm } from './evaluation.js';
import type { Outages } from './outages.js';
import type { Script } from './scripts.js';

/** How long a good-bye may take, ms. */
const QUIT_MS = 500;

/** What all calls to Redis have in common: faults are told apart, counted and logged, and nothing is sent twice. */
export class RedisConnection {
  /** Of each node. */
  private readonly confirmed = new WeakMap<Redis, ConfirmedEvaluations>();

  /** @param waitReplicas replicas that must have a write before it counts; 0 for none */
  constructor(
    private readonly client: RedisClient,
    private readonly outages: Outages,
    private readonly waitReplicas: number,
  ) {
    // Without a listener, ioredis prints what goes wrong, and a Cluster throws it.
    client.on('error', (error: unknown) => this.note(error));
    if (client instanceof Cluster) client.on('node error', (error: unknown) => this.note(error));
  }

  /** Whether keys that a script touches must be of one slot. */
  get isCluster(): boolean {
    return this.client instanceof Cluster;
  }

  /** Waits until the first connection stands, or has failed, or `withinMs` have passed. */
  async opened(withinMs: number): Promise<void> {
    const timer = new AbortController();
    const { signal } = timer;
    await Promise.race([once(this.client, 'ready', { signal }), delay(withinMs, undefined, { signal })]).catch(
      () => undefined,
    );
    timer.abort();
  }

  /**
   * Sends commands of one slot, and no others.
   *
   * @throws RedisUnavailableError on a passing fault
   */
  ask<T>(call: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.guarded(() => call(this.client));
  }

  /** Asks all masters the same thing, and takes the first answer: some may be away. */
  async askAny<T>(call: (node: Redis) => Promise<T>): Promise<T> {
    const { client } = this;
    const nodes = client instanceof Cluster ? client.nodes('master') : [client];
    if (nodes.length === 0) throw this.failure(new RedisUnavailableError('connection'));
    return Promise.any(nodes.map((node) => this.guarded(() => call(node)))).catch((error: AggregateError) => {
      throw error.errors[0];
    });
  }

  /** Runs a script that only reads or whose loss does no harm. */
  run(script: Script, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.ask((client) =>
      this.evaluate(script, ({ command, text }) => client[command](text, keys.length, ...keys, ...args)),
    );
  }

  /** Runs a script, and answers once so many replicas as are asked for have what it wrote. */
  runDurably(script: Script, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<unknown> {
    if (this.waitReplicas === 0) return this.run(script, keys, args);
    return this.ask((client) =>
      this.evaluate(script, (form) => this.evaluateConfirmed(client, { ...form, keys, args })),
    );
  }

  async close(): Promise<void> {
    await Promise.race([this.client.quit().catch(() => undefined), delay(QUIT_MS, undefined, { ref: false })]);
    this.client.disconnect();
  }

  private async evaluate(script: Script, send: (form: ScriptForm) => Promise<unknown>): Promise<unknown> {
    try {
      return await send({ command: 'evalsha', text: script.sha });
    } catch (error) {
      if (faultOf(error) !== 'noscript') throw error;
      // It has forgotten the script, or never had it: it has not run, so it may be sent again.
      this.outages.mended('noscript');
      return send({ command: 'eval', text: script.text });
    }
  }

  private async evaluateConfirmed(client: RedisClient, evaluation: Evaluation): Promise<unknown> {
    const node = client instanceof Cluster ? masterOf(client, evaluation.keys[0]!) : client;
    let evaluations = this.confirmed.get(node);
    if (!evaluations) this.confirmed.set(node, (evaluations = confirmedEvaluations(node, this.waitReplicas)));
    const [error, answer] = await evaluations.add(evaluation);
    // ioredis follows redirections, but not on the connection of a node.
    if (faultOf(error) === 'moved' && client instanceof Cluster) client.refreshSlotsCache();
    if (error) throw error;
    return answer;
  }

  private async guarded<T>(call: () => Promise<T>): Promise<T> {
    try {
      // A Cluster would keep what is sent while it is away, for as long as it is away.
      if (this.client.status !== 'ready') throw new RedisUnavailableError('connection');
      const answer = await call();
      this.outages.answered();
      return answer;
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** What to throw for an error; a passing fault is counted. */
  private failure(error: unknown): unknown {
    const kind = this.note(error);
    return kind ? new RedisUnavailableError(kind) : withoutCommand(error);
  }

  private note(error: unknown) {
    const kind = faultOf(error);
    if (kind) this.outages.failed(kind, codeOf(error));
    return kind;
  }
}
