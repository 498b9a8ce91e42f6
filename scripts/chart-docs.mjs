// Prevents a chart whose schema and table of values have drifted from its values.yaml: makes both from it and its comments.
import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

const CHART = new URL('../helm/l2met/', import.meta.url);

/** Mappings that take whatever Kubernetes does, not only what is there by default. */
const OPEN = new Set(['resources', 'annotations', 'podAnnotations', 'labels', 'pod', 'container', 'settings']);

/** What the values of those are that are not anything; null, as `--set settings.X=null` leaves it, is none. */
const VALUES_OF = new Map([
  ['settings', { type: ['string', 'number', 'boolean', 'null'] }],
  ['secrets.settings', { type: ['string', 'null'] }],
]);

/** Numbers that make no sense as nought. */
const POSITIVE = new Set(['minReplicas', 'maxReplicas', 'cpuPercent', 'port']);

/** The chart's generated files, by path. */
export function chartPages() {
  const values = parseDocument(readFileSync(new URL('values.yaml', CHART), 'utf8')).contents;
  const head = readFileSync(new URL('README.head.md', CHART), 'utf8');
  return [
    ['helm/l2met/values.schema.json', `${JSON.stringify({ $schema: DRAFT, ...schemaOf(values, []) }, undefined, 2)}\n`],
    ['helm/l2met/README.md', `${head}\n${tableOf(values)}`],
  ];
}

// What Helm 3 and 4 both read.
const DRAFT = 'http://json-schema.org/draft-07/schema#';

function schemaOf(node, path) {
  const key = path.at(-1) ?? '';
  if (isMap(node)) {
    const properties = Object.fromEntries(
      node.items.map((pair) => [
        pair.key.value,
        { ...described(pair, node), ...schemaOf(pair.value, [...path, pair.key.value]) },
      ]),
    );
    const additionalProperties = VALUES_OF.get(path.join('.'));
    if (OPEN.has(key)) return { type: 'object', ...(additionalProperties && { additionalProperties }) };
    // Who uses the chart as a part of another has `global` at the top.
    if (key === '') properties.global = { type: 'object' };
    return { type: 'object', additionalProperties: false, properties };
  }
  if (isSeq(node)) return { type: 'array' };
  const value = node.value;
  if (typeof value === 'number') {
    // A share of the pods is as good as a number of them.
    if (key === 'maxUnavailable') return { type: ['integer', 'string'] };
    return { type: 'integer', minimum: POSITIVE.has(key) ? 1 : 0 };
  }
  return { type: typeof value };
}

function described(pair, map) {
  const text = commentOf(pair, map);
  return text === '' ? {} : { description: text };
}

/** The comment in front of a value, from `--` on. That of a map's first value is the map's to the parser. */
function commentOf(pair, map) {
  const comment = pair.key.commentBefore ?? (pair === map.items[0] ? map.commentBefore : undefined) ?? '';
  const at = comment.lastIndexOf('-- ');
  return at < 0
    ? ''
    : comment
        .slice(at + 3)
        .split('\n')
        .map((line) => line.trim())
        .join(' ');
}

function tableOf(values) {
  const rows = [];
  const visit = (node, path) => {
    for (const pair of node.items) {
      const name = [...path, pair.key.value];
      const text = commentOf(pair, node);
      if (text !== '') rows.push([`\`${name.join('.')}\``, shown(pair.value), text.replaceAll('|', '\\|')]);
      else visit(pair.value, name);
    }
  };
  visit(values, []);
  return [
    '| value | default | what it is |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');
}

function shown(node) {
  const text = isScalar(node) ? JSON.stringify(node.value) : JSON.stringify(node.toJSON());
  return `\`${text}\``;
}
