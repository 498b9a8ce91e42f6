import { afterEach, describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { send } from '../../test/e2e/http.js';
import type { HealthPart } from './health-part.js';
import { HealthModule } from './health.module.js';
import { Readiness } from './readiness.js';

/** A part that can be taken down by hand. */
class Part implements HealthPart {
  up = true;
  asked = 0;

  constructor(
    readonly name: string,
    readonly gatesReadiness: boolean,
  ) {}

  check() {
    this.asked++;
    return Promise.resolve({ up: this.up, details: { note: `${this.name} speaks` } });
  }
}

class PartsModule {}

describe('health', () => {
  let app: NestFastifyApplication;

  afterEach(() => app.close());

  /** Starts a service of these parts. @returns asks it: a path below /health → status and body */
  async function start(...parts: Part[]) {
    const tokens = parts.map((part) => Symbol(part.name));
    const providers = parts.map((part, i) => ({ provide: tokens[i]!, useValue: part }));
    const module: DynamicModule = { module: PartsModule, providers, exports: tokens };
    const options = { connectionAgeMs: 60_000, closeMs: 1_000 };
    const testing = await Test.createTestingModule({
      imports: [HealthModule.forRoot(options, tokens, [module])],
    }).compile();
    app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    return async (path: '' | '/live' | '/ready') => {
      const { status, body } = await send(`${url}/health${path}`, { method: 'GET' });
      return { status, body: JSON.parse(body) as unknown };
    };
  }

  it('is 200 with what every part says, while all are up', async () => {
    const ask = await start(new Part('store', true), new Part('outlet', false));
    expect(await ask('')).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        details: {
          store: { status: 'up', note: 'store speaks' },
          outlet: { status: 'up', note: 'outlet speaks' },
        },
      },
    });
  });

  it.each(['store', 'outlet'])('is 503 naming the part that is down, and it alone: %s', async (name) => {
    const parts = [new Part('store', true), new Part('outlet', false)];
    const ask = await start(...parts);
    parts.find((part) => part.name === name)!.up = false;
    expect(await ask('')).toMatchObject({
      status: 503,
      body: { status: 'error', error: { [name]: { status: 'down', note: `${name} speaks` } } },
    });
    const { body } = (await ask('')) as { body: { error: object; info: object } };
    expect(Object.keys(body.error)).toEqual([name]);
    expect(Object.keys(body.info)).toHaveLength(1);
  });

  it('is asked anew each time, so that a part that is back is up', async () => {
    const store = new Part('store', true);
    const ask = await start(store);
    store.up = false;
    expect((await ask('')).status).toBe(503);
    store.up = true;
    expect((await ask('')).status).toBe(200);
  });

  it('is not ready while a part is down without which no request can be taken', async () => {
    const store = new Part('store', true);
    const ask = await start(store, new Part('outlet', false));
    expect((await ask('/ready')).status).toBe(200);
    store.up = false;
    expect(await ask('/ready')).toMatchObject({ status: 503, body: { error: { store: { status: 'down' } } } });
  });

  it('is ready while a part is down that requests can be taken without, and does not ask it', async () => {
    const outlet = new Part('outlet', false);
    const ask = await start(new Part('store', true), outlet);
    outlet.up = false;
    expect((await ask('/ready')).status).toBe(200);
    expect(outlet.asked).toBe(0);
    expect((await ask('')).status).toBe(503);
  });

  it('is live whatever is down, without asking anything', async () => {
    const store = new Part('store', true);
    const ask = await start(store);
    store.up = false;
    expect(await ask('/live')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(store.asked).toBe(0);
  });

  it('is not ready any more once it drains, yet live and in health', async () => {
    const ask = await start(new Part('store', true));
    expect((await ask('/ready')).status).toBe(200);
    app.get(Readiness).drain();
    expect(await ask('/ready')).toMatchObject({ status: 503, body: { status: 'shutting_down' } });
    expect((await ask('/live')).status).toBe(200);
    expect((await ask('')).status).toBe(200);
  });
});
