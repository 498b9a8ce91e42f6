import type { KindName } from '../../model/kind.js';
import type { Drain } from './drain-url.js';

/** The kinds of series. */
export type { KindName };

/** A series, as `GET /series` lists it. `source` and `unit` are '' where there is none. */
export interface Series {
  readonly id: string;
  readonly kind: KindName;
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  /** Length of its windows, s. */
  readonly resolution: number;
  /** Start of its last window, s since the epoch. */
  readonly lastTime: number;
  /** Statistics of its last window. */
  readonly latest: Readonly<Record<string, number>>;
}

/** A page of `GET /series`. */
export interface SeriesPage {
  /** The store's clock, s since the epoch. */
  readonly now: number;
  readonly total: number;
  readonly series: readonly Series[];
}

/** Points of a series: columns of one length, as `GET /query` gives them. */
export interface Points {
  readonly id: string;
  readonly times: readonly number[];
  readonly [statistic: string]: unknown;
}

/** What `GET /logs` says of a drain, as far as the page shows it. */
export interface Description {
  readonly destination: { readonly kind: string; readonly host: string | null };
  readonly options: Readonly<Record<string, string | number>>;
  readonly lastDataAt: string | null;
  readonly lastDeliveryAt: string | null;
  readonly lastOutcome: string | null;
  readonly windowsWaiting: number;
  readonly firstDueAt: string | null;
  readonly grace: number;
  readonly hold: { readonly kind: string; readonly why: string; readonly untilAt: string } | null;
  readonly counts: Readonly<Partial<Record<string, number>>>;
  readonly examples: Readonly<Partial<Record<string, string>>>;
  readonly seriesOverLimit: readonly string[];
  readonly warnings: readonly string[];
}

/** What `POST /try` finds in lines. */
export interface Tried {
  readonly messages: number;
  readonly metrics: readonly {
    readonly kind: KindName;
    readonly name: string;
    readonly source: string;
    readonly unit: string;
    readonly values: readonly number[];
  }[];
  readonly rejected: readonly { readonly offset: number; readonly reason: string }[];
}

/** The service answered that it will not, or did not answer (status 0). The message is for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Of l2met's own table of errors; '' where the answer was not of l2met. */
    readonly code = '',
  ) {
    super(message);
  }

  /** Whether the credentials are not good, or no more are looked at: asking again is of no use. */
  get isRefusal(): boolean {
    return this.status === 401 || this.code === 'L2MET_INGEST_CREDENTIALS_GUESSING';
  }
}

/** No answer by then is none; the service itself gives up sooner. */
const TIMEOUT_MS = 15_000;

/** Pages of `GET /series`. */
export const PAGE_LENGTH = 100;

/** What is shown of points. */
const STATISTICS = 'count,sum,median,p95,p99,last,unique';

/** What a drain's token may ask. */
export class DrainApi {
  constructor(private readonly drain: Drain) {}

  series(search: string, offset: number, limit: number, signal?: AbortSignal): Promise<SeriesPage> {
    const query = new URLSearchParams({ limit: String(limit), offset: String(offset) });
    if (search !== '') query.set('search', search);
    return this.get<SeriesPage>(`/series?${query}`, signal);
  }

  async points(ids: readonly string[], from: number, signal?: AbortSignal): Promise<readonly Points[]> {
    const query = new URLSearchParams({ from: String(from), stat: STATISTICS });
    for (const id of ids) query.append('id', id);
    return (await this.get<{ series: readonly Points[] }>(`/query?${query}`, signal)).series;
  }

  describe(): Promise<Description> {
    return this.get<Description>(`/logs${this.drain.query}`);
  }

  private get<T>(address: string, signal?: AbortSignal): Promise<T> {
    // Not as Basic credentials: with a 401 the browser would ask for them in a dialog of its own.
    return ask(address, { headers: { authorization: `Bearer ${this.drain.token}` }, signal }).then(
      (answer) => answer.json() as Promise<T>,
    );
  }
}

/** The drain URL behind a one-time code. */
export async function openCode(code: string): Promise<string> {
  return ((await (await ask('/page/open', { method: 'POST', body: code })).json()) as { drainUrl: string }).drainUrl;
}

/** What a drain with these options would take of some lines. */
export async function tryLines(options: string, lines: string, signal: AbortSignal): Promise<Tried> {
  return (await (await ask(`/try${options}`, { method: 'POST', body: lines, signal })).json()) as Tried;
}

/** A drain token for credentials. */
export async function sign(secret: string, credentials: string): Promise<string> {
  const authorization = `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${secret}:`)))}`;
  const answer = await ask('/sign', { method: 'POST', body: credentials, headers: { authorization } });
  return (await answer.text()).trim();
}

interface Question {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

async function ask(address: string, { signal, headers, ...question }: Question): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(address, {
    ...question,
    headers: { accept: 'application/json', 'content-type': 'text/plain;charset=utf-8', ...headers },
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    signal: signal ? anyOf(signal, timeout) : timeout,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'l2met does not answer');
  });
  if (answer.ok) return answer;
  const { code, message } = (await answer.json().catch(() => ({}))) as { code?: string; message?: string };
  throw new ApiError(answer.status, message ?? `l2met answered ${answer.status}`, code);
}

/** As AbortSignal.any, which browsers have only since 2023. */
function anyOf(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}
