/** Which Redis to use, as REDIS_URL says. */
export interface RedisTarget {
  readonly kind: 'standalone' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** One for standalone; the Sentinels, or some nodes of the Cluster, to begin with. */
  readonly hosts: readonly RedisHost[];
  /** The name under which Sentinels know the master; '' for the other kinds. */
  readonly master: string;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** What Sentinels ask for, if they do. */
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
}

/** Where a server listens. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** The forms that a REDIS_URL may have, to be read after "must be". */
export const REDIS_URL_FORMS =
  'redis://[user:password@]host[:port][/db], redis+sentinel://[…@]host[:port],…/master[/db] or redis+cluster://[…@]host[:port],… (rediss for TLS; a password percent-encoded)';

const SENTINEL_PORT = 26_379;
const REDIS_PORT = 6_379;

/** Scheme, kind, credentials (up to the last @), hosts, path, query. */
const URL_PATTERN = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/i;

/** Reads a REDIS_URL; undefined if it has none of the {@link REDIS_URL_FORMS}. Written by hand, since a URL has one host. */
export function parseRedisUrl(text: string): RedisTarget | undefined {
  const match = URL_PATTERN.exec(text);
  if (!match) return undefined;
  const kind = (match[2]?.toLowerCase() ?? 'standalone') as RedisTarget['kind'];
  try {
    const hosts = match[4]!.split(',').map((host) => hostOf(host, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT));
    const path = (match[5] ?? '').split('/').slice(1).map(decodeURIComponent);
    const query = new URLSearchParams(match[6]);
    const [username, password] = credentialsOf(match[3]);
    const master = kind === 'sentinel' ? (path.shift() ?? '') : '';
    const db = dbOf(path);
    const sane =
      hosts.every((host) => host !== undefined) &&
      db !== undefined &&
      (kind === 'sentinel' ? master !== '' : query.size === 0) &&
      (kind === 'standalone' ? hosts.length === 1 : true) &&
      (kind === 'cluster' ? db === 0 : true) &&
      [...query.keys()].every((key) => key === 'sentinel-username' || key === 'sentinel-password');
    if (!sane) return undefined;
    return {
      kind,
      tls: match[1] !== '',
      hosts,
      master,
      db,
      username,
      password,
      sentinelUsername: query.get('sentinel-username') ?? undefined,
      sentinelPassword: query.get('sentinel-password') ?? undefined,
    };
  } catch {
    // A percent sign that encodes nothing.
    return undefined;
  }
}

function hostOf(text: string, defaultPort: number): RedisHost | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(text);
  const port = Number(match?.[3] ?? defaultPort);
  if (!match || port === 0 || port > 65_535) return undefined;
  return { host: match[1] ?? match[2]!, port };
}

/** `user:password`, `:password` or `user`; each percent-encoded. */
function credentialsOf(text: string | undefined): [string | undefined, string | undefined] {
  if (!text) return [undefined, undefined];
  const colon = text.indexOf(':');
  const [user, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return [decodeURIComponent(user) || undefined, decodeURIComponent(password) || undefined];
}

function dbOf(path: readonly string[]): number | undefined {
  const [db = '', ...rest] = path;
  if (rest.length > 0 || !/^\d{0,5}$/.test(db)) return undefined;
  return Number(db);
}
