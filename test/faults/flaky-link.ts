import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut in the middle of what passes, in either direction. */
export class FlakyLink {
  private armed: 'to' | 'from' | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param port of the server behind, on this machine */
  static async open(port: number): Promise<FlakyLink> {
    const server = createServer((client) => link.join(client, connect(port, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const link = new FlakyLink(server, (server.address() as AddressInfo).port);
    return link;
  }

  /** Cuts a connection in the midst of the next data: half of a command arrives, or a command whole and no answer. */
  cut(direction: 'to' | 'from'): void {
    this.armed = direction;
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private join(client: Socket, upstream: Socket): void {
    const ends = [client, upstream] as const;
    for (const socket of ends) {
      this.sockets.add(socket.on('error', () => undefined));
      socket.on('close', () => {
        this.sockets.delete(socket);
        for (const end of ends) end.destroy();
      });
    }
    const pass = (from: Socket, to: Socket, direction: 'to' | 'from'): void => {
      from.on('data', (data) => {
        if (this.armed !== direction) return void to.write(data);
        this.armed = undefined;
        // Half of it goes through before the end: the other side may not act upon it.
        to.end(data.subarray(0, data.length >> 1));
        from.destroy();
      });
    };
    pass(client, upstream, 'to');
    pass(upstream, client, 'from');
  }
}
