import { types } from 'node:util';
import type { CounterReason } from '../../telemetry/counter-definitions.js';
import { StoreUnavailableError } from '../window-store.js';

/** Why Redis could not do what it was asked; each passes. */
export type RedisFault = CounterReason<'redis_errors'>;

/** What each fault means, for people. */
const SENTENCES: Readonly<Record<RedisFault, string>> = {
  connection: 'Redis cannot be reached',
  certificate: 'the certificate of Redis is not trusted: REDIS_TLS_CA can name the authority that signed it',
  timeout: 'Redis does not answer in time',
  oom: 'Redis is full: it needs more maxmemory, or outlets that keep up',
  readonly: 'Redis is a read-only replica: a failover may be under way',
  loading: 'Redis is loading its data',
  moved: 'a slot of the Redis Cluster is at another node',
  tryagain: 'a slot of the Redis Cluster is being moved',
  clusterdown: 'the Redis Cluster is down, or a slot has no master',
  masterdown: 'Redis has lost its master',
  noreplicas: 'Redis has fewer replicas than min-replicas-to-write',
  replicas: 'fewer replicas than REDIS_WAIT_REPLICAS have confirmed in time',
  noscript: 'Redis has forgotten a script',
  busy: 'Redis is busy with another script',
  misconf: 'Redis refuses writes since it cannot save to disk',
  auth: 'Redis wants other credentials',
};

/** Words that an answer of Redis begins with. */
const WORDS: Readonly<Record<string, RedisFault>> = {
  OOM: 'oom',
  READONLY: 'readonly',
  // What waits for replicas is told so by a master that becomes a replica itself.
  UNBLOCKED: 'readonly',
  LOADING: 'loading',
  MOVED: 'moved',
  ASK: 'moved',
  TRYAGAIN: 'tryagain',
  CLUSTERDOWN: 'clusterdown',
  MASTERDOWN: 'masterdown',
  NOREPLICAS: 'noreplicas',
  NOSCRIPT: 'noscript',
  BUSY: 'busy',
  MISCONF: 'misconf',
  NOAUTH: 'auth',
  WRONGPASS: 'auth',
  NOPERM: 'auth',
  // Protected mode: without a password, only its own host.
  DENIED: 'auth',
};

/** Faults of the client's own making; ioredis gives most of them no class or code of their own. */
const CLIENT_FAULTS: readonly [RegExp, RedisFault][] = [
  [/certificate/i, 'certificate'],
  [/^Command timed out|ETIMEDOUT|Socket timeout/, 'timeout'],
  [/^Connection is closed|^Command aborted|^Reached the max retries|Stream isn't writeable|isn't ready/, 'connection'],
  [/startup nodes|Failed to refresh slots|sentinels are unreachable|No Redis node/i, 'connection'],
];

/** Codes of Node's sockets and of TLS, as far as they can pass: a host that is not (yet) there, a certificate renewed. */
const SOCKET_CODE = /^(E[A-Z]{3,}|ERR_(TLS|SSL)_\w+|[A-Z_]*(CERT|SIGNATURE|ISSUER)[A-Z_]*)$/;

/** {@link StoreUnavailableError} that says what it was. Without a cause: ioredis' errors carry arguments, tokens among them. */
export class RedisUnavailableError extends StoreUnavailableError {
  constructor(readonly kind: RedisFault) {
    super(SENTENCES[kind]);
  }
}

/** What a socket said that broke, as `ECONNREFUSED`; undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && SOCKET_CODE.test(code) ? code : undefined;
}

/** Which passing fault an error is; undefined if it is none. */
export function faultOf(error: unknown): RedisFault | undefined {
  if (error instanceof RedisUnavailableError) return error.kind;
  // Not instanceof: where modules have globals of their own, as under test, errors of sockets are not of theirs.
  if (!types.isNativeError(error)) return undefined;
  // Redis before 7 wraps what a command within a script answered: "ERR Error running script …: -OOM command not allowed".
  const word = /^(?:ERR Error running script.*?[\s@]-)?([A-Z]+)\b/s.exec(error.message)?.[1];
  // Of its answers, that it has too many clients is the one that begins with nothing of its own.
  if (error.message.startsWith('ERR max number of clients')) return 'connection';
  const said = error.name === 'ReplyError' || !('code' in error) ? WORDS[word ?? ''] : undefined;
  if (said) return said;
  const made = CLIENT_FAULTS.find(([pattern]) => pattern.test(error.message))?.[1];
  if (made) return made;
  return SOCKET_CODE.test((error as NodeJS.ErrnoException).code ?? '') ? 'connection' : undefined;
}

/** An error without the command that it came from: its arguments are drain tokens and data, and end up in a log. */
export function withoutCommand(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) delete error.command;
  return error;
}
