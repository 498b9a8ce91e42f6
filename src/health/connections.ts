import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Injection token of {@link ConnectionOptions}. */
export const CONNECTION_OPTIONS = Symbol('ConnectionOptions');

export interface ConnectionOptions {
  /** About how long a connection is kept, ms; each gets 90 to 110 % of it, so that they do not all come back at once. */
  readonly connectionAgeMs: number;
  /** How long requests under way may take at shutdown, ms, before their connections are cut. */
  readonly closeMs: number;
}

/**
 * How long connections stay after the listener has closed, so that a client that is just sending on one gets an answer,
 * which tells it to close. Cutting idle ones at once was measured to reset most clients that send without a pause.
 */
const LINGER_MS = 500;

/** How often idle connections are closed after that; one becomes idle with each answer. */
const SWEEP_MS = 50;

/** The part of a Fastify instance that is needed here. */
interface HookableServer {
  addHook(
    name: 'onSend',
    hook: (request: { raw: { socket: Socket } }, reply: Header, payload: unknown, done: () => void) => void,
  ): unknown;
}

interface Header {
  header(name: string, value: string): unknown;
}

/**
 * When connections end. A connection past its age, and every one once the listener closes, is closed with its next answer.
 * Without that, closing the server waits for clients that keep their connections: for ever, where they keep them busy.
 * While the process only drains they are kept, since a client that had to connect anew could find itself in the listener's
 * queue, unanswered, at the moment that it closes.
 */
@Injectable()
export class Connections implements OnModuleInit, BeforeApplicationShutdown {
  private readonly endsAt = new WeakMap<Socket, number>();
  private closing = false;

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(CONNECTION_OPTIONS) private readonly options: ConnectionOptions,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('connection', (socket: Socket) => {
      this.endsAt.set(socket, performance.now() + this.options.connectionAgeMs * (0.9 + 0.2 * Math.random()));
    });
    this.host.httpAdapter.getInstance<HookableServer>().addHook('onSend', (request, reply, _payload, done) => {
      const endsAt = this.endsAt.get(request.raw.socket);
      if (this.closing || (endsAt !== undefined && performance.now() > endsAt)) {
        reply.header('connection', 'close');
      }
      done();
    });
  }

  beforeApplicationShutdown(): void {
    this.closing = true;
    const server = this.host.httpAdapter.getHttpServer() as Server;
    const closeIdle = server.closeIdleConnections.bind(server);
    // Node's close() cuts idle connections together with the listener; here they linger first.
    server.closeIdleConnections = () => undefined;
    // Unref'd: they are to end connections, not to keep the process.
    setTimeout(() => setInterval(closeIdle, SWEEP_MS).unref(), LINGER_MS).unref();
    setTimeout(() => server.closeAllConnections(), this.options.closeMs).unref();
  }
}
