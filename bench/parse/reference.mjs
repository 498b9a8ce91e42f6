/**
 * The reference that bench:parse measures against: parse and aggregate as one writes it down first, with strings, regular
 * expressions, a Map and arrays. Frozen: a change of it changes what all ratios mean, so its hash stands in
 * bench/baseline.json. It reads well-formed bodies of octet-counted frames and no others.
 */

const HEADER = /^<\d+>1 (\S+) \S+ \S+ (\S+) \S+ (?:- )?(.*)$/s;
const TUPLE = /([^\s=]+)(?:=("(?:[^"\\]|\\.)*"|\S*))?/g;
const METRIC = /^(measure|count|sample)[#.](.+)$/;
const VALUE = /^(-?[0-9.]+)(.*)$/;
const ROUTER = new Set(['connect', 'service', 'bytes']);

/** @returns buckets by window, kind, name, source and unit: values of measurements, sum of counters, last sample */
export function aggregate(body, resolutionSeconds) {
  const buckets = new Map();
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(32, at);
    const length = Number(body.toString('latin1', at, space));
    const message = body.toString('utf8', space + 1, space + 1 + length);
    at = space + 1 + length;
    const header = HEADER.exec(message);
    if (!header) continue;
    const [, time, procId, text] = header;
    const atMs = Date.parse(time);
    const window = Math.floor(atMs / 1000 / resolutionSeconds) * resolutionSeconds;
    let source = '';
    const metrics = [];
    for (const [, key, value = ''] of text.matchAll(TUPLE)) {
      if (key === 'source') {
        source = value;
        continue;
      }
      let kind;
      let name;
      const metric = METRIC.exec(key);
      if (metric) [, kind, name] = metric;
      else if (procId === 'router' && ROUTER.has(key) && value !== '') [kind, name] = ['measure', `router.${key}`];
      else continue;
      const parsed = VALUE.exec(value.startsWith('"') ? value.slice(1, -1) : value);
      metrics.push({ kind, name, number: parsed ? Number(parsed[1]) : 1, unit: parsed ? parsed[2] : '' });
    }
    for (const { kind, name, number, unit } of metrics) {
      const id = `${window}|${kind}|${name}|${source}|${unit}`;
      let bucket = buckets.get(id);
      if (!bucket)
        buckets.set(id, (bucket = { window, kind, name, source, unit, values: [], sum: 0, last: 0, lastMs: 0 }));
      if (kind === 'measure') {
        bucket.values.push(number);
      } else if (kind === 'count') {
        bucket.sum += number;
      } else if (atMs >= bucket.lastMs) {
        bucket.last = number;
        bucket.lastMs = atMs;
      }
    }
  }
  return buckets;
}
