// Prevents documentation that has drifted from the code: writes docs/configuration.md from the Settings class.
// `--check` writes nothing and ends with status 1 if it would have changed.
import { readFileSync, writeFileSync } from 'node:fs';
import 'reflect-metadata';
import { shownDefault } from '../dist/cli/help.js';
import { flagOf, settingInfos } from '../dist/config/setting.js';
import { Settings } from '../dist/config/settings.js';

const target = new URL('../docs/configuration.md', import.meta.url);
const text = configuration();

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') === text) process.exit(0);
  process.stderr.write('docs/configuration.md is not what the code says: run `npm run docs` and commit it\n');
  process.exit(1);
}
writeFileSync(target, text);

function configuration() {
  const defaults = new Settings();
  const lines = [
    '# Configuration',
    '',
    'Made from `src/config/settings.ts` by `npm run docs`; do not edit.',
    '',
    'Each setting is an environment variable and, unless it is a secret, a flag of `l2met serve` (which wins). An empty',
    'variable counts as not set. A secret may also come from a file: `SECRETS_FILE=/run/secrets/l2met` instead of `SECRETS`.',
    'Flags may be written with one dash or two, with `=` or a space. All mistakes are reported at once, one line each.',
  ];
  let group = '';
  for (const info of settingInfos()) {
    if (info.group !== group) {
      group = info.group;
      lines.push(
        '',
        `## ${group}`,
        '',
        '| variable | flag | what it does | values | default |',
        '| --- | --- | --- | --- | --- |',
      );
    }
    const flag = info.secret ? '(a secret)' : `\`--${flagOf(info.name)}\``;
    const value = shownDefault(defaults[info.name]);
    lines.push(
      `| \`${info.name}\` | ${flag} | ${info.help} | ${info.allowed} | ${value === 'not set' ? value : `\`${value}\``} |`,
    );
  }
  lines.push(
    '',
    '## Variables of single commands',
    '',
    '| variable | command | what it holds |',
    '| --- | --- | --- |',
    '| `L2MET_CREDENTIALS` | `sign` | the credentials, where they do not come from standard input or `--file` |',
    '| `L2MET_DRAIN_URL` | `check` | the drain URL, where it does not come from standard input |',
    '',
    '## Flags of the Go program',
    '',
    '`-receiver`, `-outlet`, `-port` and `-v` (debug logs) work as they did. `-app-name`, `-buffer`, `-concurrency`,',
    '`-flush-interval`, `-max-procs`, `-outlet-interval`, `-outlet-retry`, `-outlet-ttl`, `-partitions` and `-recv-deadline`',
    'are taken and do nothing; a log line says so.',
    '',
  );
  return lines.join('\n');
}
