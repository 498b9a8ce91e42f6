import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HealthPart } from './health-part.js';
import { HealthModule } from './health.module.js';
import { Readiness } from './readiness.js';

const STORE = Symbol('store');
const OUTLET = Symbol('outlet');

class Part implements HealthPart {
  up = true;

  constructor(
    readonly name: string,
    readonly gatesReadiness: boolean,
  ) {}

  check(): Promise<{ up: boolean; details: Record<string, unknown> }> {
    return Promise.resolve({ up: this.up, details: this.up ? {} : { message: 'away' } });
  }
}

const store = new Part('store', true);
const outlet = new Part('outlet', false);

@Module({
  providers: [
    { provide: STORE, useValue: store },
    { provide: OUTLET, useValue: outlet },
  ],
  exports: [STORE, OUTLET],
})
class Parts {}

describe('health over HTTP', () => {
  let app: NestFastifyApplication;

  beforeEach(async () => {
    store.up = outlet.up = true;
    const health = HealthModule.forRoot(
      { connectionAgeMs: 60_000, closeMs: 1_000 },
      [STORE, OUTLET],
      [{ module: Parts }],
    );
    app = await NestFactory.create<NestFastifyApplication>(health, new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, '127.0.0.1');
  });

  afterEach(() => app.close());

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${await app.getUrl()}${path}`);
    return { status: response.status, body: await response.json() };
  }

  it('is 200 with every part by name', async () => {
    expect(await get('/health')).toMatchObject({
      status: 200,
      body: { details: { store: { status: 'up' }, outlet: { status: 'up' } } },
    });
  });

  it('is 503 naming the part that fails', async () => {
    outlet.up = false;
    expect(await get('/health')).toMatchObject({
      status: 503,
      body: { error: { outlet: { status: 'down', message: 'away' } }, details: { store: { status: 'up' } } },
    });
  });

  it('is not ready without a part that it takes requests for, and ready without another', async () => {
    outlet.up = false;
    expect((await get('/health/ready')).status).toBe(200);
    store.up = false;
    expect(await get('/health/ready')).toMatchObject({ status: 503, body: { error: { store: { message: 'away' } } } });
    expect((await get('/health/live')).status).toBe(200);
  });

  it('is not ready while the process drains, and lives', async () => {
    app.get(Readiness, { strict: false }).drain();
    expect(await get('/health/ready')).toMatchObject({ status: 503, body: { status: 'shutting_down' } });
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health')).status).toBe(200);
  });
});
