import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module.js';
import type { Settings } from '../config/settings.js';
import { Readiness } from '../health/readiness.js';
import { OutletService } from '../outlet/outlet.service.js';
import { OneTimeCodes } from '../page/one-time-codes.js';
import { WINDOW_STORE, type WindowStore } from '../store/window-store.js';
import { Counters } from '../telemetry/counters.js';
import { type Logger, NestLogger } from '../telemetry/logger.js';
import { CliError } from './cli-error.js';

/** How often Node looks for requests that have taken too long; its own 30 s would double the time-out. */
const TIMEOUT_CHECK_MS = 1_000;

/** A running service. */
export interface Service {
  /** Where it listens, as a URL without a path. */
  readonly url: string;
  /** What opens its page with a drain in it; undefined where there is no page. */
  readonly codes: OneTimeCodes | undefined;
  /** Ends it in order: not ready, requests under way, deliveries, store. Safe to call once. */
  stop(): Promise<void>;
}

/**
 * Starts the roles that the settings name.
 *
 * @param print where the console destination prints
 * @throws CliError if the port is taken or the address is not this machine's
 */
export async function startService(
  settings: Settings,
  logger: Logger,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<Service> {
  // Whoever read the tables may go away; the service does not go with them.
  process.stdout.on('error', (error) => logger.warn({ event: 'stdout', err: error }, 'standard output is closed'));
  const adapter = new FastifyAdapter({
    logger: false,
    trustProxy: trustProxyOf(settings.TRUST_PROXY),
    // A request that still comes over an open connection is served: whoever sent it saw a listener.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    http: { connectionsCheckingInterval: TIMEOUT_CHECK_MS, headersTimeout: settings.REQUEST_TIMEOUT_MS },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, { logger, print }),
    adapter,
    {
      logger: new NestLogger(logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  try {
    await app.init();
    // Not by Nest's own listen(), which logs a port that is taken before it throws.
    await adapter.getInstance().listen({ port: settings.PORT, host: settings.HOST });
  } catch (error) {
    await close(app);
    throw listenError(error as NodeJS.ErrnoException, settings);
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${settings.HOST === '0.0.0.0' || settings.HOST === '::' ? 'localhost' : hostInUrl(settings.HOST)}:${port}`;
  const roles = [settings.RECEIVER && 'receiver', settings.OUTLET && 'outlet'].filter(Boolean).join(', ');
  logger.info({ event: 'listening', url, roles }, `listening on ${url} as ${roles}`);
  const codes = settings.RECEIVER && settings.PAGE ? app.get(OneTimeCodes, { strict: false }) : undefined;
  return { url, codes, stop: () => stop(app, settings, logger) };
}

/** The order was proven: each step leaves the next what it needs (docs/architecture.md, Shutdown). */
async function stop(app: NestFastifyApplication, settings: Settings, logger: Logger): Promise<void> {
  logger.info({ event: 'shutdown', drainMs: settings.DRAIN_MS }, 'shutting down');
  app.get(Readiness, { strict: false }).drain();
  // Whoever sends requests here learns from the probe that this replica goes, while it still takes them.
  await delay(settings.DRAIN_MS);
  if (settings.OUTLET) app.get(OutletService, { strict: false }).stopClaiming();
  await close(app);
  const counters = app.get(Counters, { strict: false }).snapshot();
  logger.info({ event: 'stopped', counters }, 'stopped');
}

/** Nest says nothing on which module ends first, and the outlet hands back what it holds until the very end. */
async function close(app: NestFastifyApplication): Promise<void> {
  await app.close();
  await app.get<WindowStore>(WINDOW_STORE, { strict: false }).close();
}

/** How Fastify is to judge an address in X-Forwarded-For, `hop` proxies away from this process. */
function trustProxyOf(text: string): boolean | string | ((address: string, hop: number) => boolean) {
  if (text === 'off') return false;
  // Fastify trusts nobody where it is given a number; a function still counts hops.
  return /^\d+$/.test(text) ? (_address, hop) => hop < Number(text) : text;
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function listenError(error: NodeJS.ErrnoException, settings: Settings): Error {
  const where = `${hostInUrl(settings.HOST)}:${settings.PORT}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new CliError(`${where} is taken: stop what listens there or set PORT to another`);
    case 'EACCES':
      return new CliError(`${where} may not be listened on by this user: set PORT to one above 1023`);
    case 'EADDRNOTAVAIL':
      return new CliError(`HOST ${settings.HOST} is no address of this machine`);
    default:
      return error;
  }
}
