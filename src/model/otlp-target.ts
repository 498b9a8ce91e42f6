/** An OTLP/HTTP destination, as its URL says. Secrets are in it: never log one. */
export interface OtlpTarget {
  readonly kind: 'otlp';
  readonly url: URL;
  /** Of every request, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
  readonly encoding: 'protobuf' | 'json';
  readonly compression: 'gzip' | 'none';
  /** Whether median, p95 and p99 of a measurement go out as gauges, too. */
  readonly percentiles: boolean;
  /** Most bytes of a request, before compression. */
  readonly requestBytes: number;
  /** The resource attribute that tells the e-mail of an `email:token` drain; '' for none. */
  readonly accountAttribute: string;
}

/** What is sent at once where the URL says nothing else: far below the limit of any known receiver, and enough to compress well. */
const REQUEST_BYTES = 512 * 1024;
const REQUEST_BYTES_MIN = 16 * 1024;
/** More would keep an outlet from all else while it is encoded. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers that say how a request is framed, where it goes or in which form it is: these are not a tenant's to set. */
const RESERVED_HEADERS = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const OPTIONS =
  'header.NAME, resource.KEY, encoding (protobuf or json), compression (gzip or none), percentiles (0 or 1), request-bytes and account-attribute';

/** Something is wrong with the URL; the message is a sentence without any secret. */
class ProblemError extends Error {}

/**
 * An OTLP destination from an http(s) URL: options in its query, a user name and password as Basic credentials. `/v1/metrics`
 * is where it posts if the URL has no path.
 */
export function otlpTarget(
  url: URL,
): { readonly ok: true; readonly target: OtlpTarget } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, target: understood(url) };
  } catch (error) {
    if (error instanceof ProblemError) return { ok: false, problem: `otlp destination: ${error.message}` };
    throw error;
  }
}

function understood(url: URL): OtlpTarget {
  // It would be cut off, and what stands there is mostly the rest of a secret.
  if (url.hash !== '') throw new ProblemError('it has a #: write %23 where one belongs to a value');
  const headers: Record<string, string> = {};
  const resource: Record<string, string> = { 'service.name': 'l2met' };
  const options = new Map<string, string>();
  for (const [name, value] of queryOf(url)) {
    if (name.startsWith('header.')) headers[headerName(name.slice('header.'.length))] = headerValue(value);
    else if (name.startsWith('resource.')) resource[attributeName(name.slice('resource.'.length))] = value;
    else options.set(name, value);
  }
  const basic = basicCredentials(url);
  if (basic !== undefined) {
    if (headers['authorization'] !== undefined)
      throw new ProblemError('it has both a user name and header.Authorization');
    headers['authorization'] = basic;
  }
  const take = (name: string): string | undefined => {
    const value = options.get(name);
    options.delete(name);
    return value;
  };
  const target: OtlpTarget = {
    kind: 'otlp',
    url: bareUrl(url),
    headers,
    resource,
    encoding: oneOf('encoding', ['protobuf', 'json'], take('encoding')),
    compression: oneOf('compression', ['gzip', 'none'], take('compression')),
    percentiles: oneOf('percentiles', ['0', '1'], take('percentiles')) === '1',
    requestBytes: requestBytes(take('request-bytes')),
    accountAttribute: attributeName(take('account-attribute') ?? '', true),
  };
  // What stands there may be the rest of a secret with an unescaped & in it.
  if (options.size > 0) throw new ProblemError(`one of its options is not known: there are ${OPTIONS}`);
  return target;
}

/** A plus stands for itself: in tokens it does, and no form wrote this query. */
function* queryOf(url: URL): Generator<[name: string, value: string]> {
  for (const part of url.search.slice(1).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) throw new ProblemError('one of its options has no value');
    yield [decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))];
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ProblemError('its query is not percent-encoded as a URL asks for');
  }
}

function headerName(name: string): string {
  const lower = name.toLowerCase();
  if (!TOKEN.test(name)) throw new ProblemError('what follows a header. is no name of a header');
  if (RESERVED_HEADERS.has(lower)) throw new ProblemError(`header.${lower} is not to be set: it is l2met's own`);
  return lower;
}

function headerValue(value: string): string {
  if (!/^[\t\x20-\x7e]+$/.test(value)) throw new ProblemError('the value of a header is empty or not printable ASCII');
  return value;
}

function attributeName(name: string, mayBeEmpty = false): string {
  // eslint-disable-next-line no-control-regex -- nothing good comes of control characters in a name
  if ((name === '' && !mayBeEmpty) || name.length > 255 || /[\x00-\x1f\x7f]/.test(name)) {
    throw new ProblemError('what stands for the name of an attribute is none');
  }
  return name;
}

function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  // RFC 7617 §2: user-id and password in UTF-8. No Buffer: the page reads credentials with this code, too.
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function oneOf<T extends string>(name: string, values: readonly [T, ...T[]], value: string | undefined): T {
  if (value === undefined) return values[0];
  const found = values.find((one) => one === value);
  if (found === undefined) throw new ProblemError(`${name} must be ${values.join(' or ')}`);
  return found;
}

function requestBytes(value: string | undefined): number {
  if (value === undefined) return REQUEST_BYTES;
  const bytes = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (bytes >= REQUEST_BYTES_MIN && bytes <= REQUEST_BYTES_MAX) return bytes;
  throw new ProblemError(`request-bytes must be a whole number from ${REQUEST_BYTES_MIN} to ${REQUEST_BYTES_MAX}`);
}

function bareUrl(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  bare.search = '';
  if (bare.pathname === '/') bare.pathname = '/v1/metrics';
  return bare;
}
