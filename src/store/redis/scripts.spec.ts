import { describe, expect, it } from '@jest/globals';
import { DEFAULT_WINDOW_POLICY } from '../../model/window.js';
import type { CommitRequest } from '../window-store.js';
import type { RedisConnection } from './connection.js';
import { RedisWindowStore } from './redis-window-store.js';
import { type Script, SCRIPT_NAMES, type ScriptName } from './scripts.js';

const TENANT = 'ab'.repeat(16);
const WINDOW = { resolutionSeconds: 60, startSeconds: 1_800_000_000 };

/** What a script was given. */
interface Call {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
}

/** The comment at the head of a script, without the one of the prelude. */
function headOf({ name, text }: Script): string {
  const head = text.slice(text.indexOf(`-- ${name}: `));
  return head.slice(0, head.search(/^[^-]/m));
}

/** Numbers that the head gives to KEYS or ARGV; `open` if the last one has more behind it. */
function indexesOf(what: 'KEYS' | 'ARGV', head: string): { fixed: number; open: boolean } {
  const all = [...head.matchAll(new RegExp(`^-- ${what}\\[(\\d+)(\\.\\.)?\\]`, 'gm'))];
  expect(all.map(([, index]) => Number(index))).toEqual(all.map((_match, i) => i + 1));
  // The commit's are in whatever order.
  const open = all.at(-1)?.[2] === '..' || (what === 'KEYS' && /^-- KEYS {2,}in whatever order/m.test(head));
  if (all.length === 0) return { fixed: 0, open };
  return { fixed: all.length - (open ? 1 : 0), open };
}

/** Fields of ARGV[2] that the head describes: words in the first column of its list, several with commas. */
function fieldsOf(head: string): string[] {
  return [...head.matchAll(/^-- {3}([a-zA-Z]+(?:, [a-zA-Z]+)*) {2,}/gm)].flatMap((match) => match[1]!.split(', '));
}

async function calls(): Promise<Record<ScriptName, Call>> {
  const seen: Partial<Record<ScriptName, Call>> = {};
  const run = (script: Script, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<unknown> => {
    seen[script.name as ScriptName] = { script, keys, args };
    const answers: Record<string, unknown> = { commit: '0,duplicate,duplicate', purge: [1, 1, 1] };
    return Promise.resolve(answers[script.name] ?? null);
  };
  const state = { [`${WINDOW.startSeconds}:60`]: '[0,0,0,0,1,1,0,0,0,0,0,0]', bytes: '65' };
  const ask = () => Promise.resolve(state);
  const connection = { run, runDurably: run, ask } as unknown as RedisConnection;
  const caps = {
    windowBytesMax: 1,
    tenantBytesMax: 2,
    storeBytesMax: 3,
    recent: { ms: 60_000, tenantBytesMax: 1_000 },
  };
  const options = { policy: DEFAULT_WINDOW_POLICY, ...caps };
  const store = new RedisWindowStore({ ...options, prefix: 'l2met' }, connection);
  const request = (idempotencyKey: string): CommitRequest => ({
    tenant: TENANT,
    token: 'token',
    secondValue: 'adds',
    late: 'next',
    idempotencyKey,
    idempotencyTtlMs: 1,
    nonce: 'n',
    resolutionSeconds: 60,
    openStartSeconds: WINDOW.startSeconds,
    batches: [{ startSeconds: WINDOW.startSeconds, bytes: Buffer.from('x'), measurements: 1 }],
    facts: {},
    examples: { 'rejected.name-empty': 'count#=0' },
  });
  await store.commit([request('one'), request('two')]);
  await store.claim(TENANT, 'claim', { leaseMs: 1, windowLimit: 1 });
  const progress = { ...WINDOW, endBatch: 1, pointsSettled: 0 };
  await store.renew(TENANT, 'claim', 1, [progress]);
  const windows = [
    { outcome: 'delivered', summary: Buffer.from('s'), ...progress } as const,
    { outcome: 'later', afterMs: 0, ...progress } as const,
  ];
  const hold = { kind: 'retry', why: '503', failures: 1, forMs: 1 } as const;
  await store.settle(TENANT, 'claim', { windows, hold, facts: {} });
  await store.purge(TENANT);
  return seen as Record<ScriptName, Call>;
}

describe('the scripts of the Redis store', () => {
  it.each(SCRIPT_NAMES)('%s is called as its head says', async (name) => {
    const { script, keys, args } = (await calls())[name];
    const head = headOf(script);
    for (const [what, given] of [
      ['KEYS', keys],
      ['ARGV', args],
    ] as const) {
      const { fixed, open } = indexesOf(what, head);
      if (open) expect(given.length).toBeGreaterThan(fixed);
      else expect(given).toHaveLength(fixed);
    }
    const call = JSON.parse(String(args[1])) as Record<string, unknown>;
    expect(fieldsOf(head).sort()).toEqual(Object.keys(call).sort());
  });

  it('commit gets what its head says of tenants and requests, part by part', async () => {
    const { script, args } = (await calls()).commit;
    const { tenants, requests } = JSON.parse(String(args[1])) as Record<string, unknown[][]>;
    const head = headOf(script);
    const partsOf = (what: string): string[] =>
      new RegExp(`^-- {3}${what} +\\{ (.*) \\} each`, 'm').exec(head)![1]!.split(', ');
    expect(tenants![0]).toHaveLength(partsOf('tenants').length);
    const parts = partsOf('requests');
    // Each is explained, one level deeper.
    const inner = [...head.matchAll(/^-- {5}([a-zA-Z]+(?:, [a-zA-Z]+)*) {2,}/gm)].flatMap((m) => m[1]!.split(', '));
    expect([...inner].sort()).toEqual([...parts].sort());
    expect(requests).toHaveLength(2);
    const [request] = requests!;
    expect(request).toHaveLength(parts.length);
    expect(Object.fromEntries(parts.map((part, i) => [part, request![i]]))).toMatchObject({
      tenant: 1,
      ttlMs: 1,
      nonce: 'n',
      resolution: 60,
      adds: 1,
      drop: 0,
      open: WINDOW.startSeconds,
      facts: {},
      examples: { 'rejected.name-empty': 'count#=0' },
    });
  });

  it('all know the settings, use each of them and no other', async () => {
    const all = Object.values(await calls()).map(({ script }) => script.text);
    const [, named] = /^local settings = \{ (.*) \}$/m.exec(all[0]!)!;
    const settings = Object.fromEntries(named!.split(', ').map((pair) => pair.split(' = ') as [string, string]));
    expect(settings).toMatchObject({
      graceMs: String(DEFAULT_WINDOW_POLICY.graceMs),
      windowBytesMax: '1',
      tenantBytesMax: '2',
      deliveredTtlMs: '60000',
    });
    const used = all.flatMap((text) => [...text.matchAll(/\bsettings\.(\w+)/g)].map((match) => match[1]!));
    expect([...new Set(used)].sort()).toEqual(Object.keys(settings).sort());
    for (const text of all) expect(text).toContain(`local settings = { ${named} }\n`);
  });

  it('name every key in KEYS, the tenant’s all with one hash tag', async () => {
    for (const { keys } of Object.values(await calls())) {
      for (const key of keys) expect(key).toMatch(/^l2met:\{42\}:/);
      expect(new Set(keys).size).toBeGreaterThanOrEqual(keys.length - 1);
    }
  });

  it('call nothing that Redis 6.2 does not have', async () => {
    const known =
      /^(TIME|MGET|HGET|HGETALL|HKEYS|HMGET|HSET|HDEL|HINCRBY|ZADD|ZREM|ZRANGE|ZRANGEBYSCORE|PEXPIRE|EXISTS|DEL|UNLINK|RPUSH|SET)$/;
    for (const { text } of Object.values(await calls()).map(({ script }) => script)) {
      const commands = [...text.matchAll(/redis\.p?call\(\s*'([A-Z]+)'/g)].map((match) => match[1]!);
      expect(commands.length).toBeGreaterThan(5);
      for (const command of commands) expect(command).toMatch(known);
      // Every call is written so that the line above sees it.
      expect(text.match(/redis\.p?call/g)).toHaveLength(commands.length);
    }
  });

  it('claim, renew, settle and purge write first what a full Redis allows; claim names no list', async () => {
    const { claim, renew, settle, purge } = await calls();
    for (const { name, text } of [claim, renew, settle, purge].map(({ script }) => script)) {
      const body = text.slice(text.indexOf(`-- ${name}: `));
      const [first] = [...body.matchAll(/^redis\.call\('([A-Z]+)'/gm)];
      expect(first?.[1]).toBe('PEXPIRE');
    }
    expect(claim.script.text).not.toMatch(/'(RPUSH|LRANGE|LLEN|DEL', list)/);
  });
});
