import { type OtlpTarget, otlpTarget } from './otlp-target.js';

/**
 * What a second value for the same series and time does at a destination: it takes the place of the first, or is added
 * to it. It decides where late lines go (store) and how many POSTs may be in flight (outlet).
 */
export type SecondValue = 'replaces' | 'adds';

/** Where a tenant's metrics go, as its credentials say. Secrets are in it: never log one. */
export type DestinationTarget =
  | { readonly kind: 'console' }
  | { readonly kind: 'librato'; readonly url: URL; readonly user: string; readonly password: string }
  | OtlpTarget;

/** A kind of destination. */
export type DestinationKind = DestinationTarget['kind'];

/** What a second value does, by kind of destination. */
export const SECOND_VALUE: Readonly<Record<DestinationKind, SecondValue>> = {
  console: 'replaces',
  librato: 'replaces',
  otlp: 'adds',
};

/** A drain token's content, understood. */
export type Credentials =
  /** `email:api-token`, as for the Go program: where these go is the operator's to say (LIBRATO_URL). */
  | { readonly type: 'account'; readonly user: string; readonly password: string }
  /** A destination URL. */
  | { readonly type: 'destination'; readonly target: DestinationTarget };

/** The forms that {@link parseCredentials} takes, for error texts. */
export const CREDENTIAL_FORMS =
  'email:api-token, otlp+https://host/v1/metrics?header.NAME=value, librato+https://user:token@host/v1/metrics or console:';

/** Credentials, or what is wrong with them (a sentence without any secret). */
export type ParsedCredentials =
  { readonly ok: true; readonly credentials: Credentials } | { readonly ok: false; readonly problem: string };

/** A token with more would not fit into a request's headers. */
const CREDENTIALS_LENGTH_MAX = 2_000;

/** Understands the content of a drain token. */
export function parseCredentials(text: string): ParsedCredentials {
  if (text.length > CREDENTIALS_LENGTH_MAX) {
    return { ok: false, problem: `longer than ${CREDENTIALS_LENGTH_MAX} characters` };
  }
  const target = parseDestinationUrl(text);
  if (target) return target.ok ? { ok: true, credentials: { type: 'destination', target: target.target } } : target;
  const colon = text.indexOf(':');
  // eslint-disable-next-line no-control-regex -- these would end a header or a log line
  if (colon < 1 || colon === text.length - 1 || /[\s\x00-\x1f\x7f]/.test(text)) {
    return { ok: false, problem: `expected ${CREDENTIAL_FORMS}` };
  }
  return { ok: true, credentials: { type: 'account', user: text.slice(0, colon), password: text.slice(colon + 1) } };
}

/** A destination, or what is wrong with its URL; undefined where the text is no destination URL at all. */
export function parseDestinationUrl(text: string): ParsedTarget | undefined {
  if (text === 'console:') return { ok: true, target: { kind: 'console' } };
  const scheme = /^([a-z][a-z0-9]*)\+(https?):\/\//i.exec(text);
  if (!scheme) return undefined;
  const [, kind, transport] = scheme as unknown as [string, string, string];
  const rest = `${transport.toLowerCase()}://${text.slice(scheme[0].length)}`;
  const parse = URL_KINDS.get(kind.toLowerCase());
  if (!parse) {
    return {
      ok: false,
      problem: `destinations of the kind ${kind.toLowerCase()} are not known: expected ${CREDENTIAL_FORMS}`,
    };
  }
  if (!URL.canParse(rest)) return { ok: false, problem: `the destination is not a URL: expected ${CREDENTIAL_FORMS}` };
  return parse(new URL(rest));
}

type ParsedTarget =
  { readonly ok: true; readonly target: DestinationTarget } | { readonly ok: false; readonly problem: string };

/** Kinds of destination that are an http(s) URL behind `kind+`. */
const URL_KINDS = new Map<string, (url: URL) => ParsedTarget>([
  ['librato', libratoTarget],
  ['otlp', otlpTarget],
]);

/** A Librato-compatible destination from an http(s) URL that carries its user name and token. */
function libratoTarget(url: URL): ParsedTarget {
  if (url.username === '' || url.password === '') {
    return {
      ok: false,
      problem:
        'a librato destination needs a user name and a token, as in librato+https://user:token@host/v1/metrics (an e-mail address percent-encoded)',
    };
  }
  let user: string;
  let password: string;
  try {
    user = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    return { ok: false, problem: "the destination's user name or token is not percent-encoded as a URL asks for" };
  }
  return { ok: true, target: { kind: 'librato', url: withoutUserInfo(url), user, password } };
}

/** The operator's LIBRATO_URL: where `email:api-token` credentials go. */
export type AccountRoute =
  /** An API that speaks Librato's protocol: the tenant's own e-mail and token are used there. */
  | { readonly type: 'librato'; readonly url: URL }
  /** One destination for all. */
  | { readonly type: 'destination'; readonly target: DestinationTarget };

/** Understands a LIBRATO_URL; undefined where it is neither an http(s) URL nor a destination URL. */
export function parseAccountRoute(text: string): AccountRoute | undefined {
  const destination = parseDestinationUrl(text);
  if (destination) return destination.ok ? { type: 'destination', target: destination.target } : undefined;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // A tenant's own e-mail and token are used there; a user name here would be somebody's mistake.
  if (url.username !== '' || url.password !== '') return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? { type: 'librato', url } : undefined;
}

/**
 * The credentials that a METCHAN_URL stands for: a destination URL, or `https://user:token@host/path` as for the Go program.
 * Undefined if it is neither.
 */
export function metchanCredentials(text: string): string | undefined {
  const credentials = /^https?:\/\//i.test(text) ? `librato+${text}` : text;
  return parseDestinationUrl(credentials)?.ok ? credentials : undefined;
}

/** Where a tenant's metrics go, and whether the operator rather than the tenant named the place. */
export interface ResolvedDestination {
  readonly target: DestinationTarget;
  readonly byOperator: boolean;
  /** The e-mail of an `email:api-token` drain whose metrics go to a destination of the operator's. */
  readonly account?: string;
}

/** Resolves credentials to the destination that they mean. */
export function resolveDestination(credentials: Credentials, accounts: AccountRoute): ResolvedDestination {
  if (credentials.type === 'destination') return { target: credentials.target, byOperator: false };
  const { user, password } = credentials;
  if (accounts.type === 'destination') return { target: accounts.target, byOperator: true, account: user };
  return { target: { kind: 'librato', url: accounts.url, user, password }, byOperator: true };
}

function withoutUserInfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}
