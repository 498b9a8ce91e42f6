import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** From the client to the server, or back. */
export type Direction = 'to' | 'from';

/** A way to a server that can be cut while something passes: within it, or behind a command whose answer so never comes back. */
export class LinkCutter {
  private armed: RegExp | Direction | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param port of the server behind, on this machine */
  static async open(port: number): Promise<LinkCutter> {
    const server = createServer((client) => link.join(client, connect(port, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const link = new LinkCutter(server, (server.address() as AddressInfo).port);
    return link;
  }

  /** Cuts the link behind the next command that fits. */
  cutAfter(command: RegExp): void {
    this.armed = command;
  }

  /** Cuts the link in the midst of the next data: half of a command arrives, or half of an answer. */
  cutWithin(direction: Direction): void {
    this.armed = direction;
  }

  /** Whether what {@link cutAfter} or {@link cutWithin} waits for is still to come. */
  get waits(): boolean {
    return this.armed !== undefined;
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private join(client: Socket, upstream: Socket): void {
    for (const [end, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(end.on('error', () => undefined));
      end.on('close', () => {
        this.sockets.delete(end);
        other.destroy();
      });
    }
    this.pass(client, upstream, 'to');
    this.pass(upstream, client, 'from');
  }

  private pass(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (data) => {
      const { armed } = this;
      if (armed === direction) {
        this.armed = undefined;
        to.end(data.subarray(0, data.length >> 1));
        from.destroy();
        return;
      }
      to.write(data);
      if (direction !== 'to' || !(armed instanceof RegExp) || !armed.test(data.toString('latin1'))) return;
      this.armed = undefined;
      to.removeAllListeners('data');
      // Once the server has had the time to do it.
      setTimeout(() => from.destroy(), 50);
    });
  }
}
