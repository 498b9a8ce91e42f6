import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asLogShuttle, frame } from '../fixtures/drains/described.js';
import { basic, send } from './http.js';
import { type RunningService, startService } from './process.js';

const fixtures = new URL('../fixtures/drains/', import.meta.url);
const logplexFrames = readdirSync(fixtures)
  .filter((file) => file.endsWith('.logplex'))
  .map((file) => readFileSync(new URL(file, fixtures), 'utf8'));

describe('the frames of real senders', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service.process.stop());

  // They are of March 2026, so that every measurement of them is read and then late.
  const whole = { messages: 18, measurements: 0, late: 53, future: 0, duplicate: 0, rejected: [] };

  it('are all read as Logplex sends them', async () => {
    const headers = {
      authorization: basic(service.token('console:')),
      accept: 'application/json',
      'content-type': 'application/logplex-1',
      'user-agent': 'Logplex/v72',
      'logplex-msg-count': '18',
      'logplex-frame-id': 'f00d',
      'logplex-drain-token': 'd.1',
    };
    const { status, body } = await send(`${service.url}/logs`, { body: logplexFrames.join(''), headers });
    expect([status, JSON.parse(body)]).toEqual([200, whole]);
  });

  it('are all read as log-shuttle sends them: `- -`, gzip, chunked', async () => {
    const body = logplexFrames.map((text) => frame(asLogShuttle(text.replace(/^\d+ /, '')))).join('');
    const headers = {
      authorization: `Bearer ${service.token('console:')}`,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'content-encoding': 'gzip',
      'content-type': 'application/logplex-1',
      'user-agent': 'log-shuttle/v0.24.0 (go1.26.8; linux; amd64; gc)',
      'logplex-msg-count': '18',
      'x-request-id': '0b7d7f0e-6a6f-4c55-9d5e-0e5f0f7f2a11',
    };
    const sent = () => send(`${service.url}/logs`, { body: gzipSync(body), headers, chunked: true });
    expect(JSON.parse((await sent()).body)).toEqual(whole);
    expect(JSON.parse((await sent()).body)).toEqual({ ...whole, late: 0, duplicate: 53 });
  });
});
