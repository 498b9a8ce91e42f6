import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { deadlineAt, endAt, RESOLUTIONS, type WindowPolicy } from '../model/window.js';
import { KeyRing, KeyRingError } from '../crypto/key-ring.js';
import { flagOf, type SettingInfo, settingInfos } from './setting.js';
import { Settings } from './settings.js';

/** What is wrong with the settings: all of it, one line each, without any secret. */
export class SettingsError extends Error {
  readonly code = 'L2MET_CONFIG_SETTINGS';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Flags of the Go program that have nothing to set here; they are taken so that its Procfiles go on working. */
const OBSOLETE_FLAGS = new Set([
  'buffer',
  'concurrency',
  'outlet-retry',
  'recv-deadline',
  'outlet-ttl',
  'partitions',
  'flush-interval',
  'outlet-interval',
  'max-procs',
]);

/** Settings as read, with what the operator should know about them. */
export interface ReadSettings {
  readonly settings: Settings;
  /** Complete sentences for the log. */
  readonly notices: readonly string[];
}

/**
 * Reads settings from flags (which win) and the environment. An empty variable counts as not set.
 *
 * @param flags arguments after the command, as `--port 80`, `--port=80`, `-port=80` or `--receiver`
 * @throws SettingsError naming every mistake
 */
export function readSettings(env: NodeJS.ProcessEnv, flags: readonly string[]): ReadSettings {
  const problems: string[] = [];
  const notices: string[] = [];
  const given = new Map<string, Given>();
  for (const info of settingInfos()) fromEnvironment(info, env, given, problems);
  readFlags(flags, given, problems, notices);
  const settings = plainToInstance(Settings, Object.fromEntries([...given].map(([name, { value }]) => [name, value])), {
    exposeDefaultValues: true,
  });
  const invalid = new Set<string>();
  for (const error of validateSync(settings, { forbidUnknownValues: true })) {
    const { said, secret, value } = given.get(error.property)!;
    const why = Object.values(error.constraints ?? {})[0] ?? 'is not valid';
    problems.push(`${said} ${why}${secret ? '' : `, got ${JSON.stringify(value)}`}`);
    invalid.add(error.property);
  }
  problems.push(...contradictions(settings, (name) => !invalid.has(name)));
  if (problems.length > 0) throw new SettingsError(problems);
  if (!settings.RECEIVER && !settings.OUTLET) settings.RECEIVER = settings.OUTLET = true;
  return { settings, notices };
}

/** A setting's text, with what to call it in a message. */
interface Given {
  readonly value: string;
  /** Where it was said: the variable or the flag. */
  readonly said: string;
  readonly secret: boolean;
}

function fromEnvironment(
  info: SettingInfo,
  env: NodeJS.ProcessEnv,
  given: Map<string, Given>,
  problems: string[],
): void {
  const { name, secret } = info;
  const value = secret ? secretFrom(env, name, problems) : env[name];
  if (value) given.set(name, { value, said: name, secret });
}

/**
 * A secret, from its variable or from the file that `NAME_FILE` names; '' where neither is set.
 *
 * @param problems gets a line if that cannot be told
 */
export function secretFrom(env: NodeJS.ProcessEnv, name: string, problems: string[]): string | undefined {
  const value = env[name] ?? '';
  const file = env[`${name}_FILE`];
  if (!file) return value;
  if (value) {
    problems.push(`${name} and ${name}_FILE are both set: unset one of them`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    problems.push(`${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}): ${file}`);
    return undefined;
  }
}

function readFlags(flags: readonly string[], given: Map<string, Given>, problems: string[], notices: string[]): void {
  const known = new Map(settingInfos().map((info) => [flagOf(info.name), info]));
  for (let i = 0; i < flags.length; i++) {
    const match = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(flags[i]!);
    if (!match) {
      problems.push(`argument ${i + 1} is not a flag: see l2met --help`);
      continue;
    }
    const flag = match[1]!;
    let value = match[2];
    const info = known.get(flag);
    const takesNext = (): boolean => value === undefined && i + 1 < flags.length && !flags[i + 1]!.startsWith('-');
    if (flag === 'v') {
      given.set('LOG_LEVEL', { value: 'debug', said: '-v', secret: false });
    } else if (info?.secret) {
      if (takesNext()) i++;
      problems.push(
        `--${flag} is not taken, since arguments show in process lists: set ${info.name} or ${info.name}_FILE`,
      );
    } else if (info) {
      if (info.toggle) value ??= 'on';
      else if (takesNext()) value = flags[++i];
      if (value === undefined || value === '') problems.push(`--${flag} needs a value: ${info.allowed}`);
      else given.set(info.name, { value, said: `--${flag}`, secret: false });
    } else if (OBSOLETE_FLAGS.has(flag)) {
      if (takesNext()) i++;
      notices.push(`--${flag} does nothing any more and can be left out`);
    } else {
      if (takesNext()) i++;
      problems.push(`--${flag} is not known: see l2met --help`);
    }
  }
}

/** Settings that are right one by one but not together. Only those that are right one by one are compared. */
function contradictions(settings: Settings, isValid: (name: keyof Settings) => boolean): string[] {
  const checks: readonly [inputs: (keyof Settings)[], check: (settings: Settings) => string | undefined][] = [
    [['SECRETS'], wrongKey],
    [['RECEIVER', 'OUTLET', 'REDIS_URL'], roleAlone],
    [['GRACE_MS', 'LATE_DEADLINE_MS', 'DELIVERY_AGE_MS'], wrongDeadline],
    [['LEASE_MS', 'OUTLET_TIMEOUT_MS'], shortLease],
    [['IDEMPOTENCY_MS', 'PATIENCE_MS'], shortMemory],
    [['DRAIN_MS', 'SHUTDOWN_MS'], longDrain],
    [['BODY_LIMIT_BYTES', 'IN_FLIGHT_BYTES'], largeBody],
  ];
  return checks.flatMap(([inputs, check]) => (inputs.every(isValid) ? (check(settings) ?? []) : []));
}

function wrongKey({ SECRETS }: Settings): string | undefined {
  if (SECRETS === '') return undefined;
  try {
    KeyRing.parse(SECRETS);
    return undefined;
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error;
    return error.message;
  }
}

function roleAlone({ RECEIVER, OUTLET, REDIS_URL }: Settings): string | undefined {
  if (RECEIVER === OUTLET || REDIS_URL !== '') return undefined;
  const role = RECEIVER ? 'receiver' : 'outlet';
  return `the ${role} alone needs a store that both roles reach, and REDIS_URL is not set: set it, or run both roles in one process`;
}

function wrongDeadline(settings: Settings): string | undefined {
  const policy = windowPolicyOf(settings);
  for (const resolutionSeconds of RESOLUTIONS) {
    const window = { startSeconds: 0, resolutionSeconds };
    const deadlineMs = deadlineAt(window, policy) - endAt(window);
    const least = settings.GRACE_MS + resolutionSeconds * 1000;
    if (deadlineMs < least) {
      return `LATE_DEADLINE_MS is too short: at resolution ${resolutionSeconds} it must be at least ${least} (GRACE_MS and one resolution)`;
    }
    if (deadlineMs > settings.DELIVERY_AGE_MS) {
      return `LATE_DEADLINE_MS is too long: at resolution ${resolutionSeconds} lines would be taken for ${deadlineMs} ms, longer than DELIVERY_AGE_MS (${settings.DELIVERY_AGE_MS})`;
    }
  }
  return undefined;
}

function shortLease({ LEASE_MS, OUTLET_TIMEOUT_MS }: Settings): string | undefined {
  const least = 2 * OUTLET_TIMEOUT_MS + 5_000;
  return LEASE_MS < least ? `LEASE_MS must be at least twice OUTLET_TIMEOUT_MS and 5000 more (${least})` : undefined;
}

/** What a request is known by must outlast the tries to store it. */
function shortMemory({ IDEMPOTENCY_MS, PATIENCE_MS }: Settings): string | undefined {
  const least = 2 * PATIENCE_MS;
  return IDEMPOTENCY_MS < least ? `IDEMPOTENCY_MS must be at least twice PATIENCE_MS (${least})` : undefined;
}

function longDrain({ DRAIN_MS, SHUTDOWN_MS }: Settings): string | undefined {
  return DRAIN_MS >= SHUTDOWN_MS ? 'DRAIN_MS must be shorter than SHUTDOWN_MS' : undefined;
}

/** One tenant may have half of what is in flight, and one body must fit into that. */
function largeBody({ BODY_LIMIT_BYTES, IN_FLIGHT_BYTES }: Settings): string | undefined {
  const least = 2 * BODY_LIMIT_BYTES;
  return IN_FLIGHT_BYTES < least ? `IN_FLIGHT_BYTES must be at least twice BODY_LIMIT_BYTES (${least})` : undefined;
}

/** The window policy that the settings describe. */
export function windowPolicyOf(settings: Settings): WindowPolicy {
  return {
    graceMs: settings.GRACE_MS,
    lateDeadlineMs: settings.LATE_DEADLINE_MS,
    futureLimitMs: settings.FUTURE_LIMIT_MS,
    deliveryAgeMs: settings.DELIVERY_AGE_MS,
  };
}
