import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut just after a command has gone through: its answer never comes back. */
export class LinkCutter {
  private armed: RegExp | undefined;
  private readonly links = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param port of the server behind, on this machine */
  static async open(port: number): Promise<LinkCutter> {
    const server = createServer((client) => cutter.link(client, connect(port, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cutter = new LinkCutter(server, (server.address() as AddressInfo).port);
    return cutter;
  }

  /** Cuts the link behind the next command that fits. */
  cutAfter(command: RegExp): void {
    this.armed = command;
  }

  /** Whether what {@link cutAfter} waits for is still to come. */
  get waits(): boolean {
    return this.armed !== undefined;
  }

  close(): Promise<void> {
    for (const socket of this.links) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private link(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) this.links.add(socket.on('error', () => undefined));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('data', (data) => {
      upstream.write(data);
      if (!this.armed?.test(data.toString('latin1'))) return;
      this.armed = undefined;
      upstream.removeAllListeners('data');
      // Once the server has had the time to do it.
      setTimeout(() => client.destroy(), 50);
    });
    upstream.on('data', (data) => client.write(data));
  }
}
