/** What `Retry-After` says where a request may simply be repeated, in seconds. */
export const RETRY_AFTER_SECONDS = 1;

/** Every error that the receiver answers: its status, and what it tells a sender to do. */
const HTTP_ERRORS = {
  L2MET_INGEST_CREDENTIALS_MISSING: [
    401,
    'no credentials: put the drain token into the URL, as in https://TOKEN@host/logs',
  ],
  L2MET_INGEST_CREDENTIALS_MALFORMED: [
    401,
    'the Authorization header cannot be read: send the drain token as Basic user name, Basic password or Bearer token',
  ],
  L2MET_INGEST_CREDENTIALS_UNKNOWN: [
    401,
    'no key of this service reads this token: make a new one with `l2met sign` or POST /sign',
  ],
  L2MET_INGEST_CREDENTIALS_CONTENT: [401, 'the token can be read, but what is in it is no destination'],
  L2MET_INGEST_CREDENTIALS_REVOKED: [401, 'the operator has revoked this tenant'],
  L2MET_INGEST_CREDENTIALS_GUESSING: [429, 'too many failed credentials from this address'],
  L2MET_INGEST_OPTION: [400, 'a drain option is not valid'],
  L2MET_INGEST_UNREADABLE: [400, 'nothing in the body could be read'],
  L2MET_INGEST_ENCODED_BODY: [400, 'the body does not inflate: it is truncated or not what Content-Encoding says'],
  L2MET_INGEST_ENCODING: [415, 'Content-Encoding must be identity, gzip or deflate'],
  L2MET_INGEST_BODY_LIMIT: [413, 'the body is larger than this service takes'],
  L2MET_INGEST_REQUEST: [400, 'the request cannot be read'],
  L2MET_INGEST_METHOD: [405, 'this address does not take that method'],
  L2MET_INGEST_TENANT_LIMIT: [429, 'too much of this tenant waits for delivery: see GET /logs for why'],
  L2MET_INGEST_TENANT_OVERLOAD: [429, 'too many requests of this tenant at once: repeat this one'],
  L2MET_INGEST_OVERLOAD: [503, 'too many requests at once: repeat this one'],
  L2MET_INGEST_STORE: [503, 'the store cannot be reached: repeat this request'],
  L2MET_INGEST_STORE_FULL: [503, 'the store is full: repeat this request'],
  L2MET_INGEST_SIGN_OFF: [404, 'this service signs nothing over HTTP: use `l2met sign`'],
  L2MET_INGEST_SIGN_SECRET: [
    401,
    'wrong secret: send a key of SECRETS (or SIGN_SECRET, where that is set) as Basic user name',
  ],
  L2MET_INGEST_SIGN_CREDENTIALS: [400, 'the body is no credentials'],
  L2MET_INGEST_SIGN_RATE: [429, 'too many requests to sign from this address'],
  L2MET_INGEST_TRY_OFF: [404, 'this service tries no lines: its operator has switched its page off (PAGE)'],
  L2MET_INGEST_TRY_RATE: [429, 'too many lines tried from this address'],
  L2MET_PAGE_CODE: [
    404,
    'this code was used before, or is older than ten minutes: run the demo again, or paste the drain URL that it printed',
  ],
  L2MET_QUERY_PARAMETER: [400, 'a parameter is not valid'],
  L2MET_QUERY_SELECTION: [400, 'say which series: at least one of name=, id= and search= is needed'],
  L2MET_QUERY_OFF: [
    404,
    'the operator of this service has switched queries off: with RECENT_MS=0 or RECENT_BYTES=0 nothing is kept for them',
  ],
  L2MET_QUERY_TOO_MUCH: [400, 'too many points: ask for fewer series, or for a shorter time (from=)'],
  L2MET_QUERY_OVERLOAD: [429, 'too many queries of this tenant at once: repeat this one'],
  L2MET_QUERY_BUSY: [503, 'too many queries at once: repeat this one'],
  L2MET_QUERY_STORE: [503, 'the store cannot be reached: repeat this query'],
  L2MET_INGEST_INTERNAL: [500, 'an error of l2met itself; its log says more'],
} as const;

/** A code of the table above. */
export type HttpErrorCode = keyof typeof HTTP_ERRORS;

/** An error with an HTTP status. Its message never holds a secret. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  /**
   * @param detail added to the message
   * @param retryAfterSeconds for `Retry-After`
   */
  constructor(
    readonly code: HttpErrorCode,
    detail?: string,
    retryAfterSeconds?: number,
  ) {
    const [status, message] = HTTP_ERRORS[code];
    super(detail === undefined ? message : `${message}: ${detail}`);
    this.status = status;
    this.headers = {};
    // RFC 7235 §4.1: a 401 names the scheme; the realm makes browsers ask.
    if (status === 401) this.headers['www-authenticate'] = 'Basic realm="l2met", charset="UTF-8"';
    if (retryAfterSeconds !== undefined) this.headers['retry-after'] = String(retryAfterSeconds);
  }

  /** The answer's body. */
  toJSON(): { code: string; message: string } {
    return { code: this.code, message: this.message };
  }
}
