import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../access/http-error.js';
import { refuseOthers } from '../access/routes.js';
import { OneTimeCodes } from './one-time-codes.js';
import { encodingFor, PAGE_FOLDER, type PageFile, readPageFiles } from './page-files.js';
import { PAGE_OPTIONS, type PageOptions } from './page.options.js';

/** Nothing inline, nothing from elsewhere, in nobody's frame: a name in a log line has no way to become a script. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** A year: the name changes with the content. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const WITHOUT_PAGE = `l2met turns log lines into metrics: POST log lines to /logs with a drain token, GET /logs to see what became of them.
Its page is off here (PAGE=off).
`;

/** GET / and what the page loads; POST /page/open. Routes as in ingest/drain.routes.ts, in a plugin of their own. */
@Injectable()
export class PageRoutes implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly codes: OneTimeCodes,
    @Inject(PAGE_OPTIONS) private readonly options: PageOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    const instance = this.host.httpAdapter.getInstance<FastifyInstance>();
    await instance.register((http, _options, done) => {
      this.register(http);
      done();
    });
  }

  private register(http: FastifyInstance): void {
    http.removeAllContentTypeParsers();
    http.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    http.setErrorHandler((error: FastifyError | HttpError, _request, reply) => fail(error, reply));
    http.addHook('onRequest', (_request, reply, done) => {
      void reply.headers(SECURITY_HEADERS);
      done();
    });
    refuseOthers(http, '/', ['GET', 'HEAD']);
    if (!this.options.page) {
      http.get('/', (_request, reply) => reply.type('text/plain; charset=utf-8').send(WITHOUT_PAGE));
      return;
    }
    const { html, assets } = readPageFiles(PAGE_FOLDER, { sign: this.options.sign ? 'on' : 'off' });
    http.get('/', (request, reply) => sendFile(html, 'no-cache', request, reply));
    for (const [name, file] of assets) {
      http.get(`/page/${name}`, (request, reply) => sendFile(file, FOR_EVER, request, reply));
      refuseOthers(http, `/page/${name}`, ['GET', 'HEAD']);
    }
    http.post('/page/open', { bodyLimit: 1024 }, (request, reply) => this.open(request, reply));
    refuseOthers(http, '/page/open', ['POST']);
  }

  private open(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const drainUrl = this.codes.take(typeof request.body === 'string' ? request.body.trim() : '');
    if (drainUrl === undefined) throw new HttpError('L2MET_PAGE_CODE');
    return reply.header('cache-control', 'no-store').send({ drainUrl });
  }
}

function sendFile(file: PageFile, caching: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = encodingFor(request.headers['accept-encoding']);
  void reply.headers({ 'cache-control': caching, etag: file.etag, vary: 'accept-encoding' });
  if (request.headers['if-none-match']?.includes(file.etag)) return reply.code(304).send();
  if (encoding !== 'identity') void reply.header('content-encoding', encoding);
  return reply.type(file.type).send(file.bodies[encoding]);
}

function fail(error: FastifyError | HttpError, reply: FastifyReply): FastifyReply {
  const known = error instanceof HttpError ? error : new HttpError('L2MET_INGEST_REQUEST', error.code);
  void reply.header('cache-control', 'no-store').headers(known.headers).code(known.status);
  return reply.type('application/json; charset=utf-8').send(known.toJSON());
}
