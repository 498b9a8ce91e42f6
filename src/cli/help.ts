import { Settings } from '../config/settings.js';
import { flagOf, settingInfos } from '../config/setting.js';

/** The text of `l2met --help`: commands, then every setting with its default. */
export function helpText(): string {
  const defaults = new Settings() as unknown as Record<string, unknown>;
  const lines = [
    'l2met turns the measure#, count# and sample# lines of a log stream into metrics.',
    '',
    'l2met [serve] [flags]   run the receiver and the outlet, or one of them',
    'l2met sign              print the drain URL for credentials (from standard input, --file or L2MET_CREDENTIALS)',
    '      --url URL         address of the service; without it only the token is printed',
    '      --file FILE       read the credentials from there',
    'l2met keygen            print a new key for SECRETS',
    'l2met check             send test lines to a drain URL (from standard input or L2MET_DRAIN_URL), and tell what comes',
    '                        of them up to their delivery',
    '      --no-wait         only up to the store',
    'l2met watch             show what is delivered of a drain (as for check) as it comes; into a pipe, a line of JSON a point',
    '      --search TEXT     only series whose name or source has these words',
    '      --every SECONDS   how often it looks [2]',
    '      --once            show it once',
    'l2met demo [--once]     run on the embedded store and replay the log of a busy minute',
    'l2met tenant inspect ID show what waits for a tenant, why, and the way out (with the REDIS_URL of the service)',
    'l2met tenant purge ID   drop all that waits for a tenant, after asking',
    '      --json            of both: print JSON, as to a pipe',
    '      --yes             purge without asking',
    '',
    'Settings of serve: an environment variable or, but for secrets, a flag. Secrets may also come from a file',
    'that NAME_FILE names.',
  ];
  let group = '';
  for (const info of settingInfos()) {
    if (info.group !== group) lines.push('', `${(group = info.group)}:`);
    const flag = info.secret ? '' : ` (--${flagOf(info.name)})`;
    lines.push(`  ${info.name}${flag}`, `      ${info.help} [${shownDefault(defaults[info.name])}]`);
  }
  return `${lines.join('\n')}\n`;
}

/** A default as it would be written in the environment. */
export function shownDefault(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.join(',') || 'empty';
  return value === '' ? 'not set' : String(value);
}
