import { Agent, request } from 'undici';

/** One of the accounts that lines are sent for. */
export interface Tenant {
  /** User name at the destination. */
  readonly user: string;
  /** The drain token; another one after a key was rotated. */
  token: string;
}

/** The lines of a request that belong to one window. */
export interface Part {
  /** A counter that no other request has, sent once with the value 1. */
  readonly series: string;
  /** The time on its lines, ms since the epoch; undefined where they have none: the receiver says which window is open. */
  readonly atMs: number | undefined;
  /** Lines, each with `count#all=1` and `measure#ms=…`; those with a time also with `sample#last=…`, of that time. */
  readonly lines: number;
  /** The `measure#ms` of each line. */
  readonly ms: number;
  /** The `sample#last` of each line. */
  readonly last: number;
  /** Whether each line has `count#some=1`, too: a shared series that is not among the first of a window. */
  readonly some: boolean;
}

/** A request, and what its sender was told. */
export interface SentRequest {
  readonly user: string;
  readonly parts: readonly Part[];
  acknowledged: boolean;
  /** Measurements that the answer said were dropped as late or future. */
  dropped: number;
}

export interface SenderOptions {
  readonly tenants: readonly Tenant[];
  readonly resolutionSeconds: number;
  readonly requestsPerSecond: number;
  /** Lines of a request in one window, from and to. */
  readonly lines: readonly [number, number];
  /** Sent through so many receivers at once, each time as the same frame. */
  readonly copies: number;
  /** Where a receiver listens, one after another; undefined while none does. */
  readonly receiver: () => string | undefined;
  /** What lines say of the time, ms since the epoch. */
  readonly nowMs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Logplex tries a frame so often. */
const TRIES = 3;
/** Logplex hangs up after so long, ms. */
const PATIENCE_MS = 5_000;
/** Requests at once; more are not sent. */
const OPEN_MAX = 400;

/** Sends at a fixed rate, as Logplex does or as curl would, and keeps account of what was acknowledged. */
export class Sender {
  readonly requests: SentRequest[] = [];
  /** When a request was last acknowledged, by tenant, ms by `performance.now()`. */
  readonly lastAcknowledgedAt = new Map<string, number>();
  /** Lines of requests that were acknowledged. */
  acknowledgedLines = 0;
  /** Tries by what came of them: a status, or why there was none. */
  readonly answers = new Map<string, number>();
  private readonly agent = new Agent({ headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS, connections: 64 });
  private readonly open = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private owed = 0;

  constructor(private readonly options: SenderOptions) {}

  /** Begins, or goes on. */
  start(): void {
    let last = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      this.owed += ((now - last) / 1000) * this.options.requestsPerSecond;
      last = now;
      for (; this.owed >= 1; this.owed--) if (this.open.size < OPEN_MAX) this.send();
    }, 10);
  }

  /** Ends, and waits for the answers that are still to come. */
  async pause(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.open);
  }

  async close(): Promise<void> {
    await this.pause();
    await this.agent.destroy();
  }

  private send(): void {
    const sent = this.post().catch((error: unknown) => {
      // A mistake of the harness: nothing that it says after this is to be trusted.
      console.error(error);
      process.exit(2);
    });
    this.open.add(sent);
    void sent.finally(() => this.open.delete(sent));
  }

  private async post(): Promise<void> {
    const { tenants, copies, random } = this.options;
    const tenant = tenants[Math.floor(random() * tenants.length)]!;
    const asLogplex = copies > 1 || random() < 0.7;
    const id = this.requests.length;
    const parts = this.partsOf(id, asLogplex);
    const record: SentRequest = { user: tenant.user, parts, acknowledged: false, dropped: 0 };
    this.requests.push(record);
    const body = parts.map((part) => this.textOf(part, asLogplex)).join('');
    const headers: Record<string, string> = {
      authorization: `Basic ${Buffer.from(`${tenant.token}:`).toString('base64')}`,
      'content-type': asLogplex ? 'application/logplex-1' : 'text/plain',
      ...(asLogplex && { 'logplex-frame-id': `frame-${id}` }),
      ...(random() < 0.5 && { accept: 'application/json' }),
    };
    // Whoever has no frame id cannot repeat without being counted twice.
    const tries = asLogplex ? TRIES : 1;
    await Promise.all(Array.from({ length: copies }, () => this.tryTimes(tries, record, headers, body)));
  }

  private async tryTimes(tries: number, record: SentRequest, headers: Record<string, string>, body: string) {
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 100 + 400 * this.options.random()));
      const { status, dropped, fault } = await this.try(headers, body);
      const answer = String(status ?? fault);
      this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
      if (status === 200 || status === 204) {
        if (!record.acknowledged) this.acknowledgedLines += record.parts.reduce((sum, { lines }) => sum + lines, 0);
        record.acknowledged = true;
        record.dropped += dropped;
        this.lastAcknowledgedAt.set(record.user, performance.now());
        return;
      }
      // As Logplex: what says that it is the sender's own fault is not tried again.
      if (status !== undefined && status >= 400 && status < 500 && status !== 429) return;
    }
  }

  private async try(
    headers: Record<string, string>,
    body: string,
  ): Promise<{ status?: number; fault?: string; dropped: number }> {
    const base = this.options.receiver();
    if (base === undefined) return { fault: 'no receiver', dropped: 0 };
    try {
      const answer = await request(`${base}/logs?resolution=${this.options.resolutionSeconds}`, {
        method: 'POST',
        headers,
        body,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await answer.body.text();
      const { late = 0, future = 0 } = (answer.statusCode === 200 ? JSON.parse(text) : {}) as Record<string, number>;
      return { status: answer.statusCode, dropped: late + future };
    } catch (error) {
      return { fault: (error as NodeJS.ErrnoException).code?.toString() ?? String(error), dropped: 0 };
    }
  }

  /** One window's lines, or now and then two windows': they are stored together or not at all. */
  private partsOf(id: number, timed: boolean): Part[] {
    const { random, nowMs, resolutionSeconds } = this.options;
    const [least, most] = this.options.lines;
    const part = (suffix: string, atMs: number | undefined): Part => {
      const lines = least + Math.floor(random() * (most - least + 1));
      return { series: `r${id}${suffix}`, atMs, lines, ms: id % 97, last: id, some: id % 2 === 1 };
    };
    if (!timed) return [part('', undefined)];
    const atMs = Math.floor(nowMs() - random() * 1_000);
    if (random() < 0.8) return [part('', atMs)];
    return [part('a', atMs), part('b', atMs - resolutionSeconds * 1000)];
  }

  private textOf({ series, atMs, lines, ms, last, some }: Part, framed: boolean): string {
    const head = atMs === undefined ? '' : `<190>1 ${new Date(atMs).toISOString()} host app web.1 - `;
    let text = '';
    for (let line = 0; line < lines; line++) {
      const first = line === 0 ? `count#${series}=1 ` : '';
      const sample = atMs === undefined ? '' : `sample#last=${last} `;
      const message = `${head}${first}count#all=1 measure#ms=${ms} ${sample}${some ? 'count#some=1 ' : ''}and text\n`;
      text += framed ? `${Buffer.byteLength(message)} ${message}` : message;
    }
    return text;
  }
}
