import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { HttpError, RETRY_AFTER_SECONDS } from '../access/http-error.js';
import { INGEST_OPTIONS, type IngestOptions } from './ingest.options.js';

/** What one tenant may take of what is at work at once, so that none locks the others out. */
const TENANT_SHARE = 0.5;

/** Past the limit a body is read on for its sender's sake, up to so many times the limit; then its connection is cut. */
const DISCARD_FACTOR = 4;

/** What is at work, of everyone or of one tenant. */
interface AtWork {
  requests: number;
  bytes: number;
}

/** A request's place among those at work. */
export interface Place {
  /** Takes room for bytes that have come. @throws HttpError 503 or 429 if there is none */
  take(bytes: number): void;
}

/**
 * Keeps what is at work at once, in requests and in bytes of bodies, within limits: a receiver that takes on more than it
 * can hold loses all of it. Bytes count as they arrive, so that a sender that stalls holds nothing but what it sent.
 */
@Injectable()
export class Admission {
  private readonly all: AtWork = { requests: 0, bytes: 0 };
  private readonly tenants = new Map<string, AtWork>();
  /** How the places of a connection's requests are given back. */
  private readonly leaving = new WeakMap<Socket, Set<() => void>>();

  constructor(@Inject(INGEST_OPTIONS) private readonly options: IngestOptions) {}

  /** What is at work now. */
  get atWork(): { readonly requests: number; readonly bytes: number } {
    return this.all;
  }

  /**
   * Admits a request until its response is closed, or its connection: the answer to one that stands behind others on it (HTTP
   * pipelining) has no connection yet, and would never be closed with it.
   *
   * @throws HttpError 503, or 429 where it is the tenant that has too much at work
   */
  enter(tenant: string, response: ServerResponse): Place {
    const { all } = this;
    const own = this.tenants.get(tenant) ?? { requests: 0, bytes: 0 };
    this.check(all, own, 1, 0);
    this.tenants.set(tenant, own);
    all.requests++;
    own.requests++;
    let held = 0;
    const leaving = this.leavingWith(response.req.socket);
    const leave = (): void => {
      if (!leaving.delete(leave)) return;
      all.requests--;
      all.bytes -= held;
      own.bytes -= held;
      if (--own.requests === 0) this.tenants.delete(tenant);
    };
    leaving.add(leave);
    response.once('close', leave);
    return {
      take: (bytes) => {
        this.check(all, own, 0, bytes);
        held += bytes;
        all.bytes += bytes;
        own.bytes += bytes;
      },
    };
  }

  private leavingWith(socket: Socket): Set<() => void> {
    const known = this.leaving.get(socket);
    if (known) return known;
    const leaving = new Set<() => void>();
    this.leaving.set(socket, leaving);
    // One listener a connection, not one a request: there may be thousands.
    socket.once('close', () => {
      for (const leave of leaving) leave();
    });
    return leaving;
  }

  private check(all: AtWork, own: AtWork, requests: number, bytes: number): void {
    const { inFlightRequests, inFlightBytes } = this.options;
    if (all.requests + requests > inFlightRequests || all.bytes + bytes > inFlightBytes) {
      throw new HttpError('L2MET_INGEST_OVERLOAD', undefined, RETRY_AFTER_SECONDS);
    }
    // One request is always let in, whatever the share.
    const isOverShare =
      own.requests + requests > Math.max(1, inFlightRequests * TENANT_SHARE) ||
      own.bytes + bytes > inFlightBytes * TENANT_SHARE;
    if (isOverShare) throw new HttpError('L2MET_INGEST_TENANT_OVERLOAD', undefined, RETRY_AFTER_SECONDS);
  }
}

/**
 * Reads a body whole. One that is too large is read to its end and thrown away, since a sender whose connection is cut
 * while it sends would never see the answer.
 *
 * @param done gets the body, or HttpError 413, 503, 429 or what broke the request
 */
export function readBody(
  request: IncomingMessage,
  place: Place,
  limitBytes: number,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let problem: Error | undefined;
  const finish = (error: Error | null): void => {
    request.off('data', onData).off('end', onEnd).off('error', onError);
    if (error) done(error);
    else done(null, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
  };
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (!problem) {
      try {
        if (length > limitBytes) throw new HttpError('L2MET_INGEST_BODY_LIMIT');
        place.take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        problem = error as Error;
        chunks.length = 0;
      }
    }
    if (problem && length > limitBytes * DISCARD_FACTOR) finish(problem);
  };
  const onEnd = (): void => finish(problem ?? null);
  const onError = (error: Error): void => finish(error);
  request.on('data', onData).on('end', onEnd).on('error', onError);
}
