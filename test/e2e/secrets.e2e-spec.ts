import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { startLibratoServer } from '../fixtures/librato-server.js';
import { basic, send } from './http.js';
import { startService, until } from './process.js';

describe('secrets', () => {
  it('are in no log, answer, table or process argument of a run in which much goes wrong', async () => {
    const librato = await startLibratoServer();
    const host = new URL(librato.url).host;
    const signSecret = 'sign-secret-of-the-operator';
    const routePassword = 'route-password-1f';
    const service = await startService({
      LOG_LEVEL: 'trace',
      GRACE_MS: '100',
      OUTLET_TICK_MS: '20',
      SIGN_SECRET: signSecret,
      LIBRATO_URL: `librato+http://operator:${routePassword}@${host}/v1/metrics`,
      METCHAN_URL: 'otlp+http://127.0.0.1:1/v1/metrics?header.x-key=api-token-49',
    });
    const credentials = [
      'me@example.com:api-token-41',
      `librato+http://mine:api-token-42@${host}/v1/metrics`,
      'librato+http://mine:api-token-43@169.254.169.254/v1/metrics',
      'librato+https://mine:api-token-44@127.0.0.1:1/v1/metrics',
      'nonsense-with-api-token-45',
      `otlp+http://${host}/v1/metrics?header.Authorization=Bearer%20api-token-50&header.x-key=api-token-51`,
      'otlp+http://me:api-token-52@127.0.0.1:1/v1/metrics?resource.team=a',
      'otlp+http://127.0.0.1:1/?api-token-53',
    ];
    const tokens = credentials.map((text) => service.token(text));
    // The destination refuses, fails, then takes.
    librato.respond((_request, response, index) => {
      if (index > 5) return false;
      response
        .writeHead([401, 500, 302][index % 3]!, { location: 'http://elsewhere.example' })
        .end('your token is api-token-42');
      return true;
    });
    const answers: string[] = [];
    const note = async (sent: ReturnType<typeof send>): Promise<void> => {
      const { status, headers, body } = await sent;
      answers.push(JSON.stringify({ status, headers, body }));
    };
    for (const token of tokens) {
      const headers = { authorization: basic(token), accept: 'application/json' };
      await note(send(`${service.url}/logs?resolution=1`, { body: 'measure#a=1 measure#b=x\n', headers }));
      await note(send(`${service.url}/logs?resolution=0`, { body: 'measure#a=1\n', headers }));
      await note(send(`${service.url}/logs`, { body: 'junk', headers: { ...headers, 'content-encoding': 'gzip' } }));
      await note(
        send(`${service.url}/logs?resolution=1`, { method: 'GET', headers: { ...headers, accept: 'text/html' } }),
      );
    }
    await note(send(`${service.url}/logs`, { body: 'x', headers: { authorization: basic('guess-api-token-46') } }));
    await note(
      send(`${service.url}/sign`, { body: credentials[0]!, headers: { authorization: basic('wrong-secret-47') } }),
    );
    await note(
      send(`${service.url}/sign`, { body: 'bad-credentials-48', headers: { authorization: basic(signSecret) } }),
    );
    await until(
      () => librato.requests.length >= 2,
      'deliveries were refused',
      () => service.process.stderr,
    );
    const refused = (): boolean => /address|not allowed/i.test(service.process.stderr);
    await until(refused, 'the link-local address was refused', () => service.process.stderr);
    for (const token of tokens) {
      await note(send(`${service.url}/logs`, { method: 'GET', headers: { authorization: basic(token) } }));
    }
    await note(send(`${service.url}/health`, { method: 'GET' }));
    await note(send(`${service.url}/metrics`, { method: 'GET' }));
    const commandLine = argumentsOf(service.process.child.pid!);
    const { stdout, stderr } = await service.process.stop();
    await librato.close();

    const all = [...answers, stdout, stderr, commandLine].join('\n');
    expect(stderr.split('\n').length).toBeGreaterThan(10);
    const secrets = [
      service.secret,
      signSecret,
      routePassword,
      ...tokens,
      ...tokens.map((token) => token.slice(8, 40)),
    ];
    const found = [
      ...secrets,
      ...Array.from({ length: 14 }, (_, i) => `api-token-${40 + i}`),
      'wrong-secret-47',
      'bad-credentials-48',
    ].filter((secret) => all.includes(secret));
    expect(found).toEqual([]);
  });
});

/** What a process list shows of a process. */
function argumentsOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file)
    ? readFileSync(file, 'utf8')
    : execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
}
