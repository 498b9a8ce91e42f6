import { METHODS } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './http-error.js';

/** What follows the `?` of a request's URL, as sent. */
export function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}

/** Answers 405 to every method but the allowed ones (RFC 9110 §15.5.6). */
export function refuseOthers(http: FastifyInstance, url: string, allowed: readonly string[]): void {
  for (const method of METHODS) if (!http.supportedMethods.includes(method)) http.addHttpMethod(method);
  http.route({
    // CONNECT never comes as a request of its own.
    method: METHODS.filter((method) => method !== 'CONNECT' && !allowed.includes(method)),
    url,
    // Before a body is looked at.
    onRequest: (_request, reply) => {
      void reply.header('allow', allowed.join(', '));
      throw new HttpError('L2MET_INGEST_METHOD', `use ${allowed.join(', ')}`);
    },
    handler: () => undefined,
  });
}
