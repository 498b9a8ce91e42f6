import { mkdtempSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DrainTokens } from '../../src/crypto/drain-token.js';
import { generateKey, KeyRing } from '../../src/crypto/key-ring.js';
import { startScriptedServer } from '../fixtures/scripted-server.js';
import { send } from './http.js';
import { L2met, startService } from './process.js';

const key = generateKey();
const opened = (token: string) => new DrainTokens(KeyRing.parse(key)).open(token);

describe('the command line', () => {
  it('names every wrong setting, one line each, with status 1 and no stack trace', async () => {
    const { code, stderr, stdout } = await L2met.run(['serve', '--port', 'abc', '--prot', '1'], {
      GRACE_MS: '-1',
      SECRETS: 'short',
    }).end();
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^--prot is not known/),
      expect.stringMatching(/^--port must be a whole number/),
      expect.stringMatching(/^GRACE_MS must be a whole number/),
      expect.stringMatching(/^SECRETS: the first key/),
    ]);
  });

  it('refuses one role alone without a store to share', async () => {
    const { code, stderr } = await L2met.run(['--receiver'], { SECRETS: key }).end();
    expect([code, stderr.trim().split('\n')]).toEqual([
      1,
      [expect.stringMatching(/receiver alone .* REDIS_URL is not set/)],
    ]);
  });

  it('says in one line that the port is taken', async () => {
    const holder = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as net.AddressInfo;
    const { code, stderr } = await L2met.run(['serve', '--port', String(port), '--host', '127.0.0.1'], {
      SECRETS: key,
      LOG_LEVEL: 'error',
    }).end();
    holder.close();
    expect([code, stderr]).toEqual([1, `127.0.0.1:${port} is taken: stop what listens there or set PORT to another\n`]);
  });

  it('keygen prints a key that serves', async () => {
    const { stdout, code } = await L2met.run(['keygen']).end();
    expect(code).toBe(0);
    expect(() => KeyRing.parse(stdout.trim())).not.toThrow();
  });

  it('sign turns credentials from standard input into a drain URL', async () => {
    const { stdout, stderr, code } = await L2met.run(
      ['sign', '--url', 'https://l2met.example.com'],
      { SECRETS: key },
      'me@example.com:abc\n',
    ).end();
    expect([code, stderr]).toEqual([0, '']);
    const url = new URL(stdout.trim());
    expect([url.host, url.pathname, url.password]).toEqual(['l2met.example.com', '/logs', '']);
    expect(opened(url.username)).toEqual({ ok: true, credentials: 'me@example.com:abc' });
  });

  it('sign reads credentials from a file or the environment too, and prints the token alone without --url', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'l2met-')), 'credentials');
    writeFileSync(file, 'console:\n');
    const fromFile = await L2met.run(['sign', '--file', file], { SECRETS: key }).end();
    const fromEnvironment = await L2met.run(['sign'], { SECRETS: key, L2MET_CREDENTIALS: 'console:' }).end();
    for (const { stdout } of [fromFile, fromEnvironment]) {
      expect(opened(stdout.trim())).toEqual({ ok: true, credentials: 'console:' });
    }
  });

  it('sign refuses credentials as arguments, and names all else that is wrong with them', async () => {
    const { code, stderr } = await L2met.run(['sign', 'me@example.com:abc', '--url', 'ftp://x', '--colour']).end();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^credentials are not taken as arguments/),
      expect.stringMatching(/^--colour is not known/),
      expect.stringMatching(/^--url must be/),
      expect.stringMatching(/^SECRETS is not set/),
    ]);
    expect(stderr).not.toContain('me@example.com');
  });

  it('sign says which form is expected', async () => {
    const { code, stderr } = await L2met.run(['sign'], { SECRETS: key }, 'nonsense').end();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/expected email:api-token, otlp\+https/)]);
  });

  it.each(['https://', 'https://h:99999', 'https://a b', 'https://[::1', 'https://u:p@h', 'ftp://h'])(
    'sign refuses --url %s',
    async (url) => {
      const { code, stderr, stdout } = await L2met.run(['sign', '--url', url], { SECRETS: key }, 'console:').end();
      expect([code, stdout, stderr]).toEqual([
        1,
        '',
        expect.stringMatching(/^--url must be an http\(s\) URL[^\n]*\n$/),
      ]);
    },
  );

  it('check tells what came of its lines', async () => {
    const service = await startService({ GRACE_MS: '100', OUTLET_TICK_MS: '20' });
    const drainOf = (credentials: string) =>
      service.url.replace('://', `://${service.token(credentials).replace(/=+$/, '')}@`);
    const drain = drainOf('console:');
    const good = await L2met.run(['check'], {}, `${drain}/logs?resolution=1\n`).end();
    expect([good.code, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(
      /3 of 3 measurements are stored\nthey go to console\n(! .*\n)*their window is delivered in \d s: waiting\ndelivered to console\n$/,
    );
    expect(service.process.stdout).toContain('l2met.check.sample');
    const brief = await L2met.run(['check', '--no-wait'], {}, `${drain}/logs`).end();
    expect([brief.code, brief.stdout]).toEqual([0, expect.not.stringContaining('waiting')]);

    const destination = await startScriptedServer();
    destination.answer((response) => response.writeHead(401).end());
    const refused = drainOf(`librato+${destination.url.replace('//', '//me:tok@')}`);
    const paused = await L2met.run(['check'], {}, `${refused}/logs?resolution=1`).end();
    await destination.close();
    expect([paused.code, paused.stderr]).toEqual([
      1,
      expect.stringMatching(/^not delivered yet: answered 401 \(tried again from 20\S+Z on; nothing is lost\)\n$/),
    ]);
    const bad = await L2met.run(['check'], {
      L2MET_DRAIN_URL: `${service.url.replace('://', '://nobody@')}/logs`,
    }).end();
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringMatching(/POST answered 401: no key of this service/)]);
    await service.process.stop();
    const away = await L2met.run(['check'], {}, `${drain}/logs`).end();
    expect([away.code, away.stderr]).toEqual([1, expect.stringMatching(/does not answer/)]);
  });

  it('--help lists every command and setting, --version the version', async () => {
    const help = await L2met.run(['--help']).end();
    expect(help.code).toBe(0);
    for (const word of [
      'keygen',
      'sign',
      'check',
      'watch',
      'demo',
      'tenant inspect ID',
      'tenant purge ID',
      '--late-deadline-ms',
      'SECRETS',
    ])
      expect(help.stdout).toContain(word);
    expect((await L2met.run(['--version']).end()).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('refuses a command that nobody knows', async () => {
    const { code, stderr } = await L2met.run(['sevre']).end();
    expect([code, stderr]).toEqual([1, '"sevre" is no command: see l2met --help\n']);
  });

  it('warns of a key made up at start, of the store and of LIBRATO_URL, and prints how to try it', async () => {
    const l2met = L2met.run(['serve', '--port', '0', '--host', '127.0.0.1'], { DRAIN_MS: '0' });
    const { url } = await untilTrialUrl(l2met);
    const { default: http } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      http
        .request(url, { method: 'POST', auth: `${new URL(url).username}:` }, (answer) => resolve(answer.statusCode))
        .on('error', reject)
        .end('count#a=1\n');
    });
    expect(status).toBe(204);
    const [, page, code] = /^ {2}(http:\S+)\/#(\S+)$/m.exec(l2met.stdout)!;
    const open = () => send(`${page}/page/open`, { body: code! });
    expect(JSON.parse((await open()).body)).toEqual({ drainUrl: url });
    expect((await open()).status).toBe(404);
    const events = l2met.events().map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['throw-away-key', 'embedded-store', 'librato-url', 'listening']));
    expect((await l2met.stop('SIGINT')).code).toBe(0);
  });
});

async function untilTrialUrl(l2met: L2met): Promise<{ url: string }> {
  const { until } = await import('./process.js');
  const url = await until(
    () => /^ {2}(http:\S+)$/m.exec(l2met.stdout)?.[1],
    'a drain URL is printed',
    () => l2met.stderr,
  );
  return { url };
}
