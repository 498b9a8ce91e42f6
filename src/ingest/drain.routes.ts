import type { Server } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../model/clock.js';
import { CLOCK } from '../telemetry/clock.token.js';
import type { CounterReason } from '../telemetry/counter-definitions.js';
import { Counters } from '../telemetry/counters.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { Admission, type Place, readBody } from './admission.js';
import { Authenticator, type Drain } from '../access/authenticator.js';
import { DescribeService, toText } from './describe.service.js';
import { DrainOptionsReader } from './drain-options.js';
import { type DrainRequest, DrainService } from './drain.service.js';
import { bodyEncodingOf } from './inflate.js';
import { HttpError } from '../access/http-error.js';
import { queryOf, refuseOthers } from '../access/routes.js';
import { INGEST_OPTIONS, type IngestOptions } from './ingest.options.js';
import { senderOf } from './sender.js';
import { SignService } from './sign.service.js';
import { TryService } from './try.service.js';

/** The content type of octet-counted syslog, as Logplex and log-shuttle send it. */
const LOGPLEX_TYPE = /^application\/logplex-1\s*(;|$)/i;

/** A page of log lines. */
const TRY_BODY_BYTES = 16 * 1024;

/** Statuses of requests that a drain's owner should hear of: something came, and nothing of it could be read. */
const UNREADABLE: ReadonlySet<number> = new Set([400, 413, 415]);

/** A drain request that may be read, and its place among those at work. */
type Admitted = DrainRequest & { readonly place: Place };

/** `drain` is there as soon as the credentials are known to be good. */
type DrainCall = FastifyRequest & { drain: Drain | null };

/**
 * The addresses of drains: POST and GET /logs, POST /sign, POST /try.
 *
 * They are routes of the Fastify instance and no Nest controllers, since Nest's pipeline costs a request 3 to 9 µs and the
 * body is to stay the bytes that came; a plugin of their own keeps their body parser and their errors from all others.
 */
@Injectable()
export class DrainRoutes implements OnModuleInit {
  private readonly optionsReader = new DrainOptionsReader();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly admission: Admission,
    private readonly authenticator: Authenticator,
    private readonly drains: DrainService,
    private readonly describer: DescribeService,
    private readonly signer: SignService,
    private readonly trier: TryService,
    @Inject(INGEST_OPTIONS) private readonly options: IngestOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly counters: Counters,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    // Node answers this one itself, before there is a request.
    server.on('clientError', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') this.counters.add('requests', '408');
    });
    const instance = this.host.httpAdapter.getInstance<FastifyInstance>();
    await instance.register((http, _options, done) => {
      this.register(http);
      done();
    });
  }

  private register(http: FastifyInstance): void {
    http.removeAllContentTypeParsers();
    http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    http.setErrorHandler((error: FastifyError, request, reply) => this.fail(error, request, reply));
    http.decorateRequest('drain', null);

    http.route({
      method: 'POST',
      url: '/logs',
      // Answers by itself: the rest of Fastify's pipeline, its reading of bodies above all, was measured to cost a request 10 µs.
      onRequest: (request, reply) => this.receive(request as DrainCall, reply),
      handler: () => undefined,
    });
    http.route({ method: 'GET', url: '/logs', handler: (request, reply) => this.describe(request, reply) });
    http.route({
      method: 'POST',
      url: '/sign',
      bodyLimit: 64 * 1024,
      handler: (request, reply) => this.sign(request, reply),
    });
    http.route({
      method: 'POST',
      url: '/try',
      bodyLimit: TRY_BODY_BYTES,
      handler: (request, reply) => this.try(request, reply),
    });
    refuseOthers(http, '/logs', ['GET', 'HEAD', 'POST']);
    refuseOthers(http, '/sign', ['POST']);
    refuseOthers(http, '/try', ['POST']);
  }

  /** Reads the body of a request that may be read, and answers once the store has what is in it. */
  private receive(request: DrainCall, reply: FastifyReply): void {
    const fail = (error: unknown): void => void reply.send(error);
    let admitted: Admitted;
    try {
      admitted = this.admit(request, reply);
    } catch (error) {
      return fail(error);
    }
    readBody(request.raw, admitted.place, this.options.bodyLimitBytes, (error, body) => {
      if (error) {
        // What still comes of a body that nobody waits for any more would be read and thrown away for ever.
        if (!request.raw.complete) void reply.header('connection', 'close');
        return fail(error);
      }
      this.drains.accept(admitted, body!).then((report) => {
        this.counters.add('requests', '2xx');
        // Logplex understands neither a chunked answer nor any it did not ask for; 204 has no body at all.
        if (request.headers.accept?.includes('application/json')) void reply.code(200).send(report);
        else void reply.code(204).send();
      }, fail);
    });
  }

  /** Before the body is read: who sends, whether it is to be read at all, and how. @throws HttpError */
  private admit(request: DrainCall, reply: FastifyReply): Admitted {
    const { headers } = request.raw;
    const startedAt = this.clock.monotonic();
    const drain = (request.drain = this.authenticator.authenticate(headers.authorization, request.ip));
    const sender = senderOf(headers['user-agent']);
    const options = this.optionsReader.read(queryOf(request.url), sender !== 'other');
    const encoding = bodyEncodingOf(headers['content-encoding']);
    if (Number(headers['content-length']) > this.options.bodyLimitBytes) throw new HttpError('L2MET_INGEST_BODY_LIMIT');
    const isLogplexType = LOGPLEX_TYPE.test(headers['content-type'] ?? '');
    const place = this.admission.enter(drain.tenant, reply.raw);
    return { drain, options, sender, headers, isLogplexType, encoding, startedAt, place };
  }

  private async describe(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { headers } = request;
    const drain = this.authenticator.authenticate(headers.authorization, request.ip);
    // Who looks is to see what became of the options, malformed ones included.
    const options = this.optionsReader.read(queryOf(request.url), true);
    const description = await this.describer.describe(drain, options);
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    if (headers.accept?.includes('text/html')) return reply.type('text/plain; charset=utf-8').send(toText(description));
    return reply.type('application/json; charset=utf-8').send(`${JSON.stringify(description, null, 2)}\n`);
  }

  private sign(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const body = bodyOf(request);
    try {
      const token = this.signer.sign(request.headers.authorization, request.ip, body);
      this.counters.add('sign', '2xx');
      return reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(token);
    } catch (error) {
      if (error instanceof HttpError) this.counters.add('sign', signReason(error.status));
      throw error;
    }
  }

  private try(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (!this.options.try) throw new HttpError('L2MET_INGEST_TRY_OFF');
    const options = this.optionsReader.read(queryOf(request.url), false);
    const report = this.trier.try(bodyOf(request), options, request.ip);
    this.counters.add('tries', 'answered');
    return reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').send(report);
  }

  /** The one place where an error becomes an answer. */
  private fail(
    error: FastifyError | HttpError,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply | undefined {
    if (request.raw.readableAborted) {
      // Nobody is left to be answered.
      this.counters.add('requests', 'aborted');
      reply.hijack();
      return undefined;
    }
    const known = error instanceof HttpError ? error : fromFastify(error);
    if (known.code === 'L2MET_INGEST_INTERNAL') {
      this.logger.error({ event: 'request-failed', err: error }, 'a request failed for a fault of ours');
    }
    const isLogs = request.routeOptions.url === '/logs';
    const isDrain = isLogs && request.method === 'POST';
    const { drain } = request as DrainCall;
    // What was read of a body, in vain, is noted by who read it.
    const isNoted = known.code === 'L2MET_INGEST_UNREADABLE';
    if (isDrain && drain && !isNoted && UNREADABLE.has(known.status)) this.drains.noteUnreadable(drain);
    if (
      isDrain &&
      (known.status === 503 || known.status === 429) &&
      senderOf(request.headers['user-agent']) === 'log-shuttle'
    ) {
      // log-shuttle repeats nothing that got a status, but all that broke off.
      this.counters.add('requests', 'closed');
      reply.hijack();
      request.raw.socket.destroy();
      return undefined;
    }
    if (request.routeOptions.url === '/try') this.counters.add('tries', 'refused');
    if (isDrain || (isLogs && known.status === 405)) this.counters.add('requests', requestReason(known.status));
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    return reply.code(known.status).headers(known.headers).type('application/json; charset=utf-8').send(known.toJSON());
  }
}

/** The bytes of a request; a request without a body has none. */
function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** Fastify's own errors, in our words. */
function fromFastify(error: FastifyError): HttpError {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new HttpError('L2MET_INGEST_BODY_LIMIT');
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new HttpError('L2MET_INGEST_REQUEST', error.code);
  }
  return new HttpError('L2MET_INGEST_INTERNAL');
}

function requestReason(status: number): CounterReason<'requests'> {
  const known: Record<number, CounterReason<'requests'>> = {
    401: '401',
    405: '405',
    413: '413',
    415: '415',
    429: '429',
    503: '503',
    500: '500',
  };
  return known[status] ?? '400';
}

function signReason(status: number): CounterReason<'sign'> {
  return status === 401 ? '401' : status === 429 ? '429' : '400';
}
