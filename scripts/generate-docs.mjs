// Prevents documentation that has drifted from the code: writes docs/configuration.md from the Settings class, docs/metrics.md
// from what src/telemetry says of each number, and the chart's schema and table from its values.
// `--check` writes nothing and ends with status 1 if it would have changed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import 'reflect-metadata';
import { shownDefault } from '../dist/cli/help.js';
import { flagOf, settingInfos } from '../dist/config/setting.js';
import { Settings } from '../dist/config/settings.js';
import { COUNTERS } from '../dist/telemetry/counter-definitions.js';
import { Counters } from '../dist/telemetry/counters.js';
import { GAUGES } from '../dist/telemetry/gauges.js';
import { DESTINATION_LABEL, HISTOGRAMS } from '../dist/telemetry/histograms.js';
import { OwnMetrics } from '../dist/telemetry/own-metrics.js';
import { chartPages } from './chart-docs.mjs';

const pages = [['docs/configuration.md', configuration()], ['docs/metrics.md', await metrics()], ...chartPages()];

for (const [page, text] of pages) {
  const target = new URL(`../${page}`, import.meta.url);
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
    process.stderr.write(`${page} is not what the code says: run \`npm run docs\` and commit it\n`);
    process.exitCode = 1;
  }
}

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
    '| `L2MET_DRAIN_URL` | `check`, `watch` | the drain URL, where it does not come from standard input |',
    '',
    '## Flags of the Go program',
    '',
    '`-receiver`, `-outlet`, `-port`, `-app-name` and `-v` (debug logs) work as they did. `-buffer`, `-concurrency`,',
    '`-flush-interval`, `-max-procs`, `-outlet-interval`, `-outlet-retry`, `-outlet-ttl`, `-partitions` and `-recv-deadline`',
    'are taken and do nothing; a log line says so.',
    '',
  );
  return lines.join('\n');
}

async function metrics() {
  const lines = [
    '# Metrics',
    '',
    'Made from `src/telemetry` by `npm run docs`; do not edit.',
    '',
    '`GET /metrics` shows these in Prometheus’ form, and Node’s own. METCHAN_URL gets the counters and gauges, sum and count of the',
    'histograms, the lag of the event loop and the memory.',
    'Counters are of the process, since it started. No label comes from outside: never a tenant, a name or a source.',
    '',
    '## Counters',
    '',
    '| metric | counts | label | values |',
    '| --- | --- | --- | --- |',
  ];
  for (const [name, { help, label, values, byDestination }] of Object.entries(COUNTERS)) {
    const labels = byDestination ? `\`${DESTINATION_LABEL}\` (a kind), \`${label}\`` : `\`${label}\``;
    lines.push(`| \`l2met_${name}_total\` | ${help} | ${labels} | ${meanings(values)} |`);
  }
  lines.push('', '## Gauges', '', '| metric | role | shows | values of its label |', '| --- | --- | --- | --- |');
  for (const [name, { role, help, label, values }] of Object.entries(GAUGES)) {
    lines.push(`| \`l2met_${name}\` | ${role} | ${help} | ${label ? `\`${label}\`: ${meanings(values)}` : ''} |`);
  }
  lines.push('', '## Histograms', '', '| metric | times | buckets, in s |', '| --- | --- | --- |');
  for (const [name, { help, buckets, byDestination }] of Object.entries(HISTOGRAMS)) {
    const by = byDestination ? ` By \`${DESTINATION_LABEL}\`.` : '';
    lines.push(`| \`l2met_${name}\` | ${help}${by} | ${buckets.join(', ')} |`);
  }
  lines.push('', '## Of Node itself', '', '| metric | shows |', '| --- | --- |');
  for (const { name, help } of await new OwnMetrics(new Counters(), console).nodeMetrics()) {
    lines.push(`| \`${name}\` | ${help} |`);
  }
  lines.push('');
  return lines.join('\n');
}

function meanings(values) {
  return Object.entries(values)
    .map(([value, meaning]) => (meaning === '' ? `\`${value}\`` : `\`${value}\`: ${meaning}`))
    .join('; ');
}
