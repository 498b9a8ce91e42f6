import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { type AddressPolicy, DestinationNotAllowedError } from './address-policy.js';

/** How much of an answer is read, to its end as a rule so that its connection can be used again; past that, it is cut. */
const BODY_BYTES_MAX = 64 * 1024;

/** Errors of the way to a destination, before a byte of the request was sent. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** One POST. */
export interface HttpPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** The operator named the place: no policy applies. */
  readonly byOperator: boolean;
}

/** What came of a POST. */
export type HttpAnswer =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly contentType: string | undefined;
      /** The first 64 KiB of the body, for the destination's eyes: it is never shown to a tenant. */
      readonly body: Uint8Array;
    }
  /** The request was never sent: there is no such host, no connection to it, or it may not be used. */
  | { readonly type: 'not-sent'; readonly allowed: boolean; readonly why: string }
  /** The request was sent, or part of it, and no answer came. */
  | { readonly type: 'no-answer'; readonly why: string };

/** Sends POSTs: no redirects, no retries, connections kept and shared, the addresses checked that it connects to. */
export class HttpClient {
  private readonly free: Dispatcher;
  private readonly guarded: Dispatcher;

  constructor(
    private readonly options: {
      readonly userAgent: string;
      readonly policy: AddressPolicy;
      readonly proxy: { readonly url: string; readonly except: string } | undefined;
      /** How names are resolved; specs put names there that no resolver knows. */
      readonly lookup?: typeof dnsLookup;
    },
  ) {
    this.free = this.dispatcher(undefined);
    this.guarded = this.dispatcher(guardedConnector(options.policy, options.lookup ?? dnsLookup));
  }

  /** Sends one POST. Does not throw; the signal is all that bounds its time. */
  async post({ url, headers, body, byOperator }: HttpPost, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      if (!byOperator) this.options.policy.checkUrl(url);
      const answer = await request(url, {
        method: 'POST',
        headers: { 'user-agent': this.options.userAgent, ...headers },
        body,
        signal,
        dispatcher: byOperator ? this.free : this.guarded,
      });
      return {
        type: 'answer',
        status: answer.statusCode,
        retryAfter: firstOf(answer.headers['retry-after']),
        contentType: firstOf(answer.headers['content-type']),
        body: await readBody(answer.body),
      };
    } catch (error) {
      return failure(error as NodeJS.ErrnoException, signal);
    }
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    await Promise.all([this.free.destroy(), this.guarded.destroy()]);
  }

  private dispatcher(connect: buildConnector.connector | undefined): Dispatcher {
    // The signal bounds the whole request; undici's own limits would only cut it short at another time.
    const limits = { headersTimeout: 0, bodyTimeout: 0, ...(connect && { connect }) };
    const { proxy } = this.options;
    if (!proxy) return new Agent(limits);
    // httpProxy is '' for undici would otherwise look into the environment. The proxy's own address is not checked.
    return new EnvHttpProxyAgent({ ...limits, httpProxy: '', httpsProxy: proxy.url, noProxy: proxy.except });
  }
}

/** Connects like undici itself, but only to addresses that the policy allows. */
function guardedConnector(policy: AddressPolicy, resolve: typeof dnsLookup): buildConnector.connector {
  const connectors = new Map(
    ['http:', 'https:'].map((protocol) => [
      protocol,
      buildConnector({ lookup: guardedLookup(policy, protocol, resolve) }),
    ]),
  );
  return (options, callback) => {
    try {
      // Node asks no lookup where the host is an address.
      if (isIP(options.hostname)) policy.checkAddress(options.hostname, options.hostname, options.protocol);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connectors.get(options.protocol)!(options, callback);
  };
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** A lookup that fails if any address of a host is not allowed: what it answered is what is then connected to. */
function guardedLookup(policy: AddressPolicy, protocol: string, resolve: typeof dnsLookup) {
  return (host: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(host, options, (error: NodeJS.ErrnoException | null, found: string | LookupAddress[], family?: number) => {
      if (error) return callback(error, '');
      try {
        const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
        for (const address of addresses) policy.checkAddress(host, address, protocol);
      } catch (notAllowed) {
        return callback(notAllowed as Error, '');
      }
      callback(null, found, family);
    });
  };
}

/** Reads an answer, within bounds. That the status came is what counts: a body that breaks off is no fault. */
async function readBody(body: Dispatcher.ResponseData['body']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop destroys the body and its connection.
      if (bytes > BODY_BYTES_MAX) break;
    }
  } catch {
    // Cut off by the other side or by the signal.
  }
  return Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX);
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function failure(error: NodeJS.ErrnoException, signal: AbortSignal): HttpAnswer {
  if (error instanceof DestinationNotAllowedError) return { type: 'not-sent', allowed: false, why: error.message };
  const refusal = /Proxy response \((\d+)\)/.exec(error.message);
  if (refusal) return { type: 'not-sent', allowed: true, why: `the proxy answered ${refusal[1]}` };
  if (signal.aborted) return { type: 'no-answer', why: 'no answer in time' };
  const code = typeof error.code === 'string' ? error.code : 'error';
  // Node's codes for certificates that do not hold; TLS sends no data before.
  if (NOT_SENT.has(code) || /CERT|VERIFY/.test(code))
    return { type: 'not-sent', allowed: true, why: `no connection (${code})` };
  return { type: 'no-answer', why: `the connection broke (${code})` };
}
