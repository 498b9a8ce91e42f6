import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generateKey } from '../crypto/key-ring.js';
import { REDIS_URL_FORMS } from '../store/redis-url.js';
import { readSettings, SettingsError } from './read-settings.js';
import { flagOf, settingInfos } from './setting.js';
import { Settings } from './settings.js';

function problems(env: NodeJS.ProcessEnv, flags: string[] = []): readonly string[] {
  try {
    readSettings(env, flags);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('are their defaults where nothing is set, with both roles', () => {
    const { settings, notices } = readSettings({}, []);
    expect(settings).toEqual(Object.assign(new Settings(), { RECEIVER: true, OUTLET: true }));
    expect(notices).toEqual([]);
  });

  it('come from the environment, where an empty variable counts as not set', () => {
    const { settings } = readSettings({ PORT: '9000', GRACE_MS: '', LOG_LEVEL: 'warn' }, []);
    expect(settings).toMatchObject({ PORT: 9000, GRACE_MS: 3000, LOG_LEVEL: 'warn' });
  });

  it.each([[['--port', '81']], [['--port=81']], [['-port', '81']], [['-port=81']]])(
    'come from flags, which win: %j',
    (flags) => {
      expect(readSettings({ PORT: '9000' }, flags).settings.PORT).toBe(81);
    },
  );

  it('take the Go program’s command line, and say what of it does nothing', () => {
    const { settings, notices } = readSettings({}, [
      '-receiver',
      '-outlet=true',
      '-v',
      '-port=5000',
      '-concurrency',
      '50',
      '-flush-interval=1s',
    ]);
    expect(settings).toMatchObject({ RECEIVER: true, OUTLET: true, PORT: 5000, LOG_LEVEL: 'debug' });
    expect(notices).toHaveLength(2);
    expect(notices[0]).toContain('--concurrency');
  });

  it('read a secret from the file that its variable with _FILE names', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'l2met-')), 'secrets');
    const key = generateKey();
    writeFileSync(file, `${key}\n`);
    expect(readSettings({ SECRETS_FILE: file }, []).settings.SECRETS).toBe(key);
  });

  it('let a role run alone where there is a Redis', () => {
    const { settings } = readSettings({ REDIS_URL: 'redis://localhost' }, ['--receiver']);
    expect(settings).toMatchObject({ RECEIVER: true, OUTLET: false, REDIS_PREFIX: 'l2met', REDIS_WAIT_REPLICAS: 0 });
  });

  it('split lists', () => {
    const { settings } = readSettings({ ALLOW_DESTINATIONS: 'a.example.com, *.b.example.com ,' }, []);
    expect(settings.ALLOW_DESTINATIONS).toEqual(['a.example.com', '*.b.example.com']);
  });

  const wrong: [string, NodeJS.ProcessEnv, string[], string][] = [
    ['a word for a number', { PORT: 'abc' }, [], 'PORT must be a whole number from 0 to 65535, got "abc"'],
    ['a hexadecimal number', { PORT: '0x10' }, [], 'PORT must be a whole number from 0 to 65535, got "0x10"'],
    ['an exponent', { PORT: '1e3' }, [], 'PORT must be a whole number from 0 to 65535, got "1e3"'],
    ['blanks around a number', { PORT: ' 12 ' }, [], 'PORT must be a whole number from 0 to 65535, got " 12 "'],
    ['a number beyond the limits', { PORT: '65536' }, [], 'PORT must be a whole number from 0 to 65535, got "65536"'],
    [
      'a word that is none of a few',
      { LOG_LEVEL: 'loud' },
      [],
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
    ],
    ['a toggle that is neither', { SIGN: 'maybe' }, [], 'SIGN must be on or off, got "maybe"'],
    ['a flag in error, by its flag', {}, ['--port', 'abc'], '--port must be a whole number from 0 to 65535, got "abc"'],
    ['a flag without a value', {}, ['--port'], '--port needs a value: a whole number from 0 to 65535'],
    ['a flag that nobody knows', {}, ['--prot', '80'], '--prot is not known: see l2met --help'],
    ['a word that is no flag', {}, ['8080'], 'argument 1 is not a flag: see l2met --help'],
    ['a host that is a name', { HOST: 'localhost' }, [], 'HOST must be an IP address, got "localhost"'],
    [
      'a tenant id that is none',
      { REVOKED_TENANTS: 'bob' },
      [],
      'REVOKED_TENANTS must be tenant ids of 32 hex digits, separated by commas (`GET /logs` shows an id), got "bob"',
    ],
    [
      'a proxy range that is none',
      { TRUST_PROXY: '10.0.0.0/33' },
      [],
      'TRUST_PROXY must be off, a number of proxies, or their addresses or CIDR ranges separated by commas, got "10.0.0.0/33"',
    ],
    [
      'one role without a store to share',
      {},
      ['--receiver'],
      'the receiver alone needs a store that both roles reach, and REDIS_URL is not set: set it, or run both roles in one process',
    ],
    [
      'the other role likewise',
      { OUTLET: 'on' },
      [],
      'the outlet alone needs a store that both roles reach, and REDIS_URL is not set: set it, or run both roles in one process',
    ],
    [
      'a Redis URL that is none, without its password',
      { REDIS_URL: 'redis://:hunter2@host:port' },
      [],
      `REDIS_URL must be ${REDIS_URL_FORMS}`,
    ],
    [
      'a certificate file that is not there',
      { REDIS_TLS_CA: '/nowhere' },
      [],
      'REDIS_TLS_CA must be a file that can be read, got "/nowhere"',
    ],
    [
      'a late deadline shorter than grace and a resolution',
      { GRACE_MS: '10000', LATE_DEADLINE_MS: '5000' },
      [],
      'LATE_DEADLINE_MS is too short: at resolution 1 it must be at least 11000 (GRACE_MS and one resolution)',
    ],
    [
      'a late deadline longer than the delivery age',
      { LATE_DEADLINE_MS: '7200001', DELIVERY_AGE_MS: '7200000' },
      [],
      'LATE_DEADLINE_MS is too long: at resolution 1 lines would be taken for 7200001 ms, longer than DELIVERY_AGE_MS (7200000)',
    ],
    [
      'a lease too short for two requests',
      { LEASE_MS: '30000' },
      [],
      'LEASE_MS must be at least twice OUTLET_TIMEOUT_MS and 5000 more (45000)',
    ],
    ['a drain longer than the shutdown', { DRAIN_MS: '30000' }, [], 'DRAIN_MS must be shorter than SHUTDOWN_MS'],
    [
      'a file of a secret that is not there',
      { SECRETS_FILE: '/nowhere' },
      [],
      'SECRETS_FILE cannot be read (ENOENT): /nowhere',
    ],
  ];
  it.each(wrong)('name %s', (_what, env, flags, problem) => {
    expect(problems(env, flags)).toEqual([problem]);
  });

  it('report every mistake at once, one line each', () => {
    expect(problems({ PORT: 'abc', GRACE_MS: '-1', SIGN: 'x' }, ['--prot', '1'])).toHaveLength(4);
  });

  it('compare with each other those that are right one by one, beside those that are not', () => {
    const lines = problems({ PORT: 'abc', SECRETS: 'x', LEASE_MS: '5200' }, ['--receiver']);
    expect(lines).toEqual([
      expect.stringMatching(/^PORT must be/),
      expect.stringMatching(/^SECRETS: the first key/),
      expect.stringMatching(/^the receiver alone/),
      expect.stringMatching(/^LEASE_MS must be/),
    ]);
  });

  it('never show a secret, neither a wrong one nor one given as a flag', () => {
    const lines = [
      ...problems({ SECRETS: 'hunter2-secret', SIGN_SECRET: 'hunter2', LIBRATO_URL: 'ftp://u:hunter2@h' }),
      ...problems({ LIBRATO_URL: 'otlp+https://u:hunter2@h?encoding=xml', METCHAN_URL: 'https://h/hunter2' }),
      ...problems({ SECRETS: 'hunter2-secret' }),
      ...problems({}, ['--secrets', 'hunter2', '--sign-secret=hunter2']),
    ];
    expect(lines).toHaveLength(8);
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  it('name the key of SECRETS that is wrong', () => {
    expect(problems({ SECRETS: `${generateKey()}:c2hvcnQ=` })[0]).toMatch(/^SECRETS: the second key has 5 bytes/);
  });

  it('have a flag each that is their name', () => {
    expect(settingInfos().map(({ name }) => flagOf(name))).toContain('late-deadline-ms');
    expect(new Set(settingInfos().map(({ name }) => name)).size).toBe(Object.keys(new Settings()).length);
  });

  it('say what is wrong with a destination URL', () => {
    expect(problems({ LIBRATO_URL: 'otlp+https://host?percentiles=yes' })).toEqual([
      expect.stringMatching(/^LIBRATO_URL must be .* \(otlp destination: percentiles must be 0 or 1\)$/),
    ]);
    expect(problems({ METCHAN_URL: 'otlp+https://host?header.Host=x' })).toEqual([
      expect.stringMatching(/^METCHAN_URL must be .*header\.host is not to be set/),
    ]);
    expect(problems({ METCHAN_URL: 'https://user:token@host/v1/metrics' })).toEqual([]);
  });
});
