import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { metchanCredentials, parseAccountRoute, parseDestinationUrl } from '../model/credentials.js';
import { parseRedisUrl, REDIS_URL_FORMS } from '../store/redis-url.js';
import { LOG_LEVELS, type LogLevel } from '../telemetry/logger.js';
import { listOf, oneOf, Setting, textThat, toggle, wholeNumber } from './setting.js';

const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;

/**
 * All settings, as environment variables; each but the secrets is also a flag of the same name (`PORT` is `--port`).
 * docs/configuration.md and `l2met --help` are made from this class.
 */
export class Settings {
  // Each heading below is the group that the docs list the setting under.

  @Setting(toggle, 'Roles', 'Take log drains over HTTP. With neither role named, both run.')
  RECEIVER: boolean = false;

  @Setting(toggle, 'Roles', 'Deliver finished windows to their destinations. With neither role named, both run.')
  OUTLET: boolean = false;

  @Setting(
    textThat('keys of 32 bytes in base64, separated by colons (`l2met keygen` prints one)', (text) => text !== ''),
    'Secrets',
    'Keys of the drain tokens: the first makes new tokens, each of them reads old ones. Without it, a key is made up at start and its tokens are worth nothing after it.',
    { secret: true },
  )
  SECRETS: string = '';

  @Setting(
    textThat('at least 16 characters', (text) => text.length >= 16),
    'Secrets',
    'What `POST /sign` asks for instead of a key of SECRETS.',
    { secret: true },
  )
  SIGN_SECRET: string = '';

  @Setting(toggle, 'Secrets', 'Whether `POST /sign` makes tokens.')
  SIGN: boolean = true;

  @Setting(
    listOf('tenant ids of 32 hex digits, separated by commas (`GET /logs` shows an id)', (item) =>
      /^[0-9a-f]{32}$/.test(item),
    ),
    'Secrets',
    'Tenants whose tokens are refused.',
  )
  REVOKED_TENANTS: string[] = [];

  @Setting(
    textThat(REDIS_URL_FORMS, (text) => parseRedisUrl(text) !== undefined),
    'Redis',
    'The store that receivers and outlets share. Without it, the store is embedded in this process, and what waits in it is lost if the process is killed.',
    { secret: true },
  )
  REDIS_URL: string = '';

  @Setting(
    textThat('letters, digits, dots, dashes, underscores or colons, at most 64', (text) =>
      /^[\w.:-]{1,64}$/.test(text),
    ),
    'Redis',
    'What all keys begin with; services that share a Redis and not their data have one each.',
  )
  REDIS_PREFIX: string = 'l2met';

  @Setting(
    textThat('a file that can be read', isReadable),
    'Redis',
    'File of the certificates that Redis’ own must descend from, PEM, instead of the system’s.',
  )
  REDIS_TLS_CA: string = '';

  @Setting(
    toggle,
    'Redis',
    'Whether Redis’ certificate must be valid. Off for chains that nobody can verify, such as Heroku’s.',
  )
  REDIS_TLS_VERIFY: boolean = true;

  @Setting(
    wholeNumber(0, 16),
    'Redis',
    'Replicas that must have a write before it is acknowledged, so that a failover loses nothing; with fewer in time 503.',
  )
  REDIS_WAIT_REPLICAS: number = 0;

  @Setting(
    textThat(
      'an http(s) URL that speaks Librato’s API, or a destination URL such as otlp+https://host/v1/metrics or console:',
      (text) => destinationProblem(text) ?? parseAccountRoute(text) !== undefined,
    ),
    'Destinations',
    'Where the metrics of `email:api-token` drains go. Librato’s own host is gone since January 2026; where this is not set, they are printed.',
    { secret: true },
  )
  LIBRATO_URL: string = '';

  @Setting(
    listOf('host names, `*.` in front for all below one, separated by commas', (item) =>
      /^(\*\.)?[a-z0-9.:[\]-]+$/i.test(item),
    ),
    'Destinations',
    'The only hosts that tenants may name as a destination. Empty: every host but link-local addresses.',
  )
  ALLOW_DESTINATIONS: string[] = [];

  @Setting(textThat('an http(s) URL', isHttpUrl), 'Destinations', 'HTTP proxy for destinations with https.', {
    secret: true,
  })
  HTTPS_PROXY: string = '';

  @Setting(
    textThat('host names, separated by commas', () => true),
    'Destinations',
    'Hosts that are reached without the proxy.',
  )
  NO_PROXY: string = '';

  @Setting(wholeNumber(0, 65535), 'HTTP', 'Port to listen on; 0 takes a free one.')
  PORT: number = 8080;

  @Setting(textThat('an IP address', (text) => isIP(text) !== 0), 'HTTP', 'Address to listen on.')
  HOST: string = '0.0.0.0';

  @Setting(
    toggle,
    'HTTP',
    'Whether a receiver shows its page at `/`: charts of what was delivered, and a builder of drain URLs.',
  )
  PAGE: boolean = true;

  @Setting(wholeNumber(1024, 32 * MiB, 'bytes'), 'HTTP', 'Largest request body, before and after inflating, in bytes.')
  BODY_LIMIT_BYTES: number = 5 * MiB;

  @Setting(wholeNumber(100, 600_000, 'ms'), 'HTTP', 'Time for a request to arrive in full, in ms; then it gets 408.')
  REQUEST_TIMEOUT_MS: number = 15_000;

  @Setting(
    wholeNumber(0, 60_000, 'ms'),
    'HTTP',
    'How long after a request’s first byte storing it is tried again, in ms; then it gets 503. Logplex hangs up at 5,000.',
  )
  PATIENCE_MS: number = 2_500;

  @Setting(
    wholeNumber(1_000, HOUR_MS, 'ms'),
    'HTTP',
    'How long a frame is known, in ms, so that a sender’s retry is not counted twice; at least twice PATIENCE_MS.',
  )
  IDEMPOTENCY_MS: number = 120_000;

  @Setting(
    wholeNumber(1, 1_000_000),
    'HTTP',
    'Drain requests at work at once, of one tenant at most half; one more gets 503 (429).',
  )
  IN_FLIGHT_REQUESTS: number = 1_000;

  @Setting(
    wholeNumber(MiB, 1024 * 1024 * MiB, 'bytes'),
    'HTTP',
    'Bytes of drain bodies at work at once, of one tenant at most half; over it 503 (429).',
  )
  IN_FLIGHT_BYTES: number = 256 * MiB;

  @Setting(
    wholeNumber(1_000, 24 * HOUR_MS, 'ms'),
    'HTTP',
    'About how long a connection is kept, in ms, so that load spreads over new replicas.',
  )
  CONNECTION_AGE_MS: number = 300_000;

  @Setting(
    textThat('off, a number of proxies, or their addresses or CIDR ranges separated by commas', isTrustProxy),
    'HTTP',
    'Whose X-Forwarded-For counts as the address of a client.',
  )
  TRUST_PROXY: string = 'off';

  @Setting(
    wholeNumber(1, 1_000_000),
    'HTTP',
    'Failed credentials an address may show a minute (a token that decrypts is never limited); then 429.',
  )
  AUTH_FAILURES_PER_MINUTE: number = 60;

  @Setting(wholeNumber(1, 1_000_000), 'HTTP', 'Requests to `POST /sign` an address may make a minute; then 429.')
  SIGN_PER_MINUTE: number = 10;

  @Setting(wholeNumber(0, 600_000, 'ms'), 'Windows', 'From a window’s end until it is delivered, in ms.')
  GRACE_MS: number = 3_000;

  @Setting(
    wholeNumber(0, 24 * HOUR_MS, 'ms'),
    'Windows',
    'How long after its window’s end a line is still taken, in ms; at least two resolutions.',
  )
  LATE_DEADLINE_MS: number = 300_000;

  @Setting(
    wholeNumber(0, 24 * HOUR_MS, 'ms'),
    'Windows',
    'How far in the future a line’s window may begin, in ms; at least one resolution.',
  )
  FUTURE_LIMIT_MS: number = 60_000;

  @Setting(
    wholeNumber(2 * HOUR_MS, 168 * HOUR_MS, 'ms'),
    'Windows',
    'How long delivery of a window is tried, in ms; then it is dropped and counted.',
  )
  DELIVERY_AGE_MS: number = 6 * HOUR_MS;

  @Setting(wholeNumber(1024, 1024 * 1024 * MiB, 'bytes'), 'Windows', 'Most bytes that wait in one window; over it 429.')
  WINDOW_BYTES: number = 64 * MiB;

  @Setting(
    wholeNumber(1024, 1024 * 1024 * MiB, 'bytes'),
    'Windows',
    'Most bytes that wait for one tenant (in the embedded store at most half of STORE_BYTES); over it 429.',
  )
  TENANT_BYTES: number = 512 * MiB;

  @Setting(
    wholeNumber(MiB, 1024 * 1024 * MiB, 'bytes'),
    'Windows',
    'Most bytes that the embedded store holds; over it 503.',
  )
  STORE_BYTES: number = 512 * MiB;

  @Setting(
    wholeNumber(0, 24 * HOUR_MS, 'ms'),
    'Windows',
    'How long what was delivered can be looked at (the page, `GET /query`), in ms; 0 keeps nothing for that.',
  )
  RECENT_MS: number = HOUR_MS;

  @Setting(
    wholeNumber(0, 1024 * MiB, 'bytes'),
    'Windows',
    'Most bytes that are kept for that of one tenant: the oldest windows go first; 0 keeps nothing.',
  )
  RECENT_BYTES: number = 4 * MiB;

  @Setting(wholeNumber(10, 60_000, 'ms'), 'Outlet', 'How often due windows are looked for, in ms.')
  OUTLET_TICK_MS: number = 250;

  @Setting(wholeNumber(100, 300_000, 'ms'), 'Outlet', 'Time for a destination to answer one request, in ms.')
  OUTLET_TIMEOUT_MS: number = 20_000;

  @Setting(
    wholeNumber(5_200, HOUR_MS, 'ms'),
    'Outlet',
    'How long a claim on a tenant’s windows holds without being renewed, in ms; at least twice OUTLET_TIMEOUT_MS and 5,000 more.',
  )
  LEASE_MS: number = 60_000;

  @Setting(wholeNumber(1, 100_000), 'Outlet', 'Tenants delivered for at once.')
  OUTLET_TENANTS: number = 256;

  @Setting(wholeNumber(1, 100), 'Outlet', 'Requests in flight for one tenant, where the destination replaces.')
  OUTLET_POSTS: number = 4;

  @Setting(
    wholeNumber(MiB, 1024 * 1024 * MiB, 'bytes'),
    'Outlet',
    'Bytes of batches at work at once; further tenants wait.',
  )
  OUTLET_BYTES: number = 256 * MiB;

  @Setting(
    wholeNumber(1, 10_000_000),
    'Outlet',
    'Most series (kind, name, source and unit) that one window of a tenant may have; those that come after are dropped and counted.',
  )
  SERIES_LIMIT: number = 10_000;

  @Setting(
    wholeNumber(0, 600_000, 'ms'),
    'Shutdown',
    'From SIGTERM on, how long requests are still taken while the service is not ready, in ms, so that no proxy is left with a closed port.',
  )
  DRAIN_MS: number = 5_000;

  @Setting(wholeNumber(1_000, 3_600_000, 'ms'), 'Shutdown', 'From SIGTERM until the process has ended, in ms.')
  SHUTDOWN_MS: number = 25_000;

  @Setting(
    textThat(
      'a destination URL, or https://user:token@host/path for one that speaks Librato’s API',
      (text) => destinationProblem(text) ?? metchanCredentials(text) !== undefined,
    ),
    'Own metrics',
    'Where l2met’s own numbers are delivered, once a minute and through its own store and outlets. `GET /metrics` shows them, and more, in any case.',
    { secret: true },
  )
  METCHAN_URL: string = '';

  @Setting(
    textThat('1 to 100 letters, digits, dots, dashes or underscores', (text) => /^[\w.-]{1,100}$/.test(text)),
    'Own metrics',
    'What the names of l2met’s own numbers begin with where METCHAN_URL says.',
  )
  APP_NAME: string = 'l2met';

  @Setting(toggle, 'Logs', 'Print a drain URL to try at start; always where SECRETS is not set.')
  TRIAL: boolean = false;

  @Setting(oneOf(...LOG_LEVELS), 'Logs', 'Least level that is logged.')
  LOG_LEVEL: LogLevel = 'info';

  @Setting(oneOf('auto', 'json', 'pretty'), 'Logs', 'Form of the log lines; auto is pretty on a terminal, else JSON.')
  LOG_FORMAT: 'auto' | 'json' | 'pretty' = 'auto';
}

/** What is wrong with a destination URL; undefined if nothing is, or it is none. */
function destinationProblem(text: string): string | undefined {
  const parsed = parseDestinationUrl(text);
  return parsed && !parsed.ok ? parsed.problem : undefined;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isTrustProxy(text: string): boolean {
  if (text === 'off' || /^\d{1,2}$/.test(text)) return true;
  return text.split(',').every((item) => {
    const [address = '', bits, ...rest] = item.trim().split('/');
    const version = isIP(address);
    if (version === 0 || rest.length > 0) return false;
    return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  });
}
