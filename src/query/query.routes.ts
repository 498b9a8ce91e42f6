import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Authenticator } from '../access/authenticator.js';
import { HttpError, RETRY_AFTER_SECONDS } from '../access/http-error.js';
import { queryOf, refuseOthers } from '../access/routes.js';
import type { Clock } from '../model/clock.js';
import { StoreUnavailableError } from '../store/window-store.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { COUNTERS, type CounterReason } from '../telemetry/counter-definitions.js';
import { Counters } from '../telemetry/counters.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { listSeries } from './list-series.js';
import { QUERY_OPTIONS, type QueryOptions } from './query.options.js';
import { querySeries } from './query-series.js';
import { type Recent, RecentSeries } from './recent-series.js';

/** Queries of one tenant at work at once: a page with a few charts, or some jobs that wait for a deploy. */
const TENANT_QUERIES = 4;

/** Those of all tenants: log lines come first. */
const QUERIES = 16;

/** An answer on its way. */
interface Answer {
  readonly status: 200 | 417;
  /** JSON. */
  readonly body: string;
}

/** What was delivered lately, for whoever has the credentials of the drain: GET /series, GET /query. */
@Injectable()
export class QueryRoutes implements OnModuleInit {
  /** Queries at work, by tenant. */
  private readonly atWork = new Map<string, number>();
  private total = 0;
  /** Points are looked at for one query after the other: each takes tens of MB while it lasts. */
  private computing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly authenticator: Authenticator,
    private readonly recent: RecentSeries,
    @Inject(QUERY_OPTIONS) private readonly options: QueryOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly counters: Counters,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const instance = this.host.httpAdapter.getInstance<FastifyInstance>();
    await instance.register((http, _options, done) => {
      http.setErrorHandler((error, _request, reply) => this.fail(error, reply));
      this.route(http, '/series', (query) => {
        const list = listSeries(query, this.clock);
        return async (recent) => ({ status: 200, body: await list(recent) });
      });
      this.route(http, '/query', (query) => {
        const ask = querySeries(query, this.options.recentMs, this.clock);
        return async (recent) => {
          const { holds, body } = await ask(recent);
          // curl -f ends with a status of its own from 400 on; nothing else answers 417, so that a job may tell why.
          return { status: holds === false ? 417 : 200, body };
        };
      });
      done();
    });
  }

  /** @param read understands a query, before anything is looked at for it; throws HttpError 400 */
  private route(
    http: FastifyInstance,
    url: string,
    read: (query: string) => (recent: Recent) => Promise<Answer>,
  ): void {
    http.get(url, async (request, reply) => {
      const { tenant } = this.authenticator.authenticate(request.headers.authorization, request.ip);
      if (this.options.recentMs === 0) throw new HttpError('L2MET_QUERY_OFF');
      const answer = read(queryOf(request.url));
      const { status, body } = await this.inTurn(tenant, async () => {
        const recent = await this.load(tenant);
        return this.alone(() => answer(recent));
      });
      return this.send(reply, status, `${body}\n`);
    });
    refuseOthers(http, url, ['GET', 'HEAD']);
  }

  private async inTurn<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const atWork = this.atWork.get(tenant) ?? 0;
    if (this.total >= QUERIES) throw new HttpError('L2MET_QUERY_BUSY', undefined, RETRY_AFTER_SECONDS);
    if (atWork >= TENANT_QUERIES) throw new HttpError('L2MET_QUERY_OVERLOAD', undefined, RETRY_AFTER_SECONDS);
    this.atWork.set(tenant, atWork + 1);
    this.total++;
    try {
      return await work();
    } finally {
      this.total--;
      const left = this.atWork.get(tenant)! - 1;
      if (left > 0) this.atWork.set(tenant, left);
      else this.atWork.delete(tenant);
    }
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.computing.then(work);
    this.computing = done.catch(() => undefined);
    return done;
  }

  private load(tenant: string): Promise<Recent> {
    return this.recent.of(tenant).catch((error: unknown) => {
      if (error instanceof StoreUnavailableError)
        throw new HttpError('L2MET_QUERY_STORE', undefined, RETRY_AFTER_SECONDS);
      throw error;
    });
  }

  /** The one place where an error becomes an answer. */
  private fail(error: unknown, reply: FastifyReply): FastifyReply {
    const known = error instanceof HttpError ? error : new HttpError('L2MET_INGEST_INTERNAL');
    if (known !== error) this.logger.error({ event: 'query-failed', err: error }, 'a query failed for a fault of ours');
    return this.send(reply.headers(known.headers), known.status, JSON.stringify(known));
  }

  private send(reply: FastifyReply, status: number, body: string): FastifyReply {
    this.counters.add('queries', reasonOf(status));
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    return reply.code(status).type('application/json; charset=utf-8').send(body);
  }
}

function reasonOf(status: number): CounterReason<'queries'> {
  const reason = String(status);
  return reason in COUNTERS.queries.values ? (reason as CounterReason<'queries'>) : '500';
}
