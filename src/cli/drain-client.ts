import { request } from 'undici';
import { environment } from '../config/environment.js';
import { USER_AGENT } from '../version.js';
import { CliError } from './cli-error.js';
import { readStdin } from './read-stdin.js';

const TIMEOUT_MS = 10_000;

/** What a service answered. */
export interface Answer {
  readonly status: number;
  /** Read as JSON; text, where it is none. */
  readonly body: unknown;
}

/** An answer that is no success. */
export class RefusedError extends CliError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What `GET /logs` says, as far as commands need it. */
export interface DrainDescription {
  readonly options: { readonly resolution: number };
  readonly destination: { readonly kind: string; readonly host: string | null };
  readonly lastDataAt: string | null;
  readonly windowsWaiting: number;
  readonly firstDueAt: string | null;
  readonly grace: number;
  readonly hold: { readonly kind: string; readonly why: string; readonly untilAt: string } | null;
  readonly counts: Readonly<Record<string, number | undefined>>;
  readonly warnings: readonly string[];
}

/** Talks to the service that a drain URL leads to, with the credentials in it. */
export class DrainClient {
  private readonly url: URL;
  private readonly headers: Record<string, string>;

  /** @throws CliError */
  constructor(drainUrl: string) {
    if (!URL.canParse(drainUrl) || !/^https?:/.test(drainUrl))
      throw new CliError('that is not a drain URL: expected https://TOKEN@host/logs');
    const url = new URL(drainUrl);
    this.headers = {
      authorization: `Basic ${Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64')}`,
      accept: 'application/json',
      'user-agent': USER_AGENT,
    };
    url.username = url.password = '';
    this.url = url;
  }

  /** The drain of L2MET_DRAIN_URL or standard input. @throws CliError */
  static async given(): Promise<DrainClient> {
    return new DrainClient((environment['L2MET_DRAIN_URL'] || (await readStdin('Drain URL, then Enter: '))).trim());
  }

  /** Where it leads, without the secret. */
  get host(): string {
    return this.url.host;
  }

  /** Posts log lines. @throws CliError if there is no answer */
  post(lines: string): Promise<Answer> {
    return this.send(this.url, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'text/plain' },
      body: lines,
    });
  }

  /** What the service knows of the drain. @throws CliError */
  async describe(): Promise<DrainDescription> {
    return (await this.expect(this.url)) as DrainDescription;
  }

  /** Asks an address beside that of the drain. @throws CliError, of it RefusedError where the answer is no success */
  get(address: string, query: URLSearchParams): Promise<unknown> {
    const url = new URL(address, this.url);
    url.search = query.toString();
    return this.expect(url);
  }

  private async expect(url: URL): Promise<unknown> {
    const { status, body } = await this.send(url, { method: 'GET', headers: this.headers });
    if (status !== 200) throw new RefusedError(status, `GET answered ${status}: ${said(body)}`);
    return body;
  }

  private async send(url: URL, exchange: Exchange): Promise<Answer> {
    try {
      const { statusCode, body } = await request(url, { ...exchange, signal: AbortSignal.timeout(TIMEOUT_MS) });
      return { status: statusCode, body: parse(await body.text()) };
    } catch (error) {
      throw new CliError(`${url.host} does not answer: ${(error as Error).message}`);
    }
  }
}

/** Says on a line what an answer's body says. */
export function said(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return typeof body === 'string' ? body.slice(0, 200) : JSON.stringify(body);
}

interface Exchange {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

/** A part of a URL as it was before it was percent-encoded. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new CliError('the token in that drain URL is not percent-encoded as a URL asks for');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
