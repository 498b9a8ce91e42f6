/**
 * The reference that bench:parse measures against: reading and aggregating a body as one writes it down first, with strings,
 * regular expressions, a Map and arrays, by the same rules. Frozen: a change of it changes what all ratios mean, so its hash
 * stands in bench/baseline.json. It reads well-formed bodies of octet-counted frames and no others.
 */

const HEADER = /^<\d{1,3}>1 (\S+) \S+ \S+ (\S+) \S+ (?:- )?([^]*)$/;
const TUPLE = /([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?/g;
const METRIC = /^(?:(measure)[#.]|(count|sample)#)(.+)$/;
const VALUE = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([A-Za-z%/]{0,16})$/;
const ROUTER = new Set(['connect', 'service', 'bytes']);

/** @returns the buckets of a body by window, kind, name, source and unit, as they would be stored */
export function aggregate(body, resolutionSeconds) {
  return Buffer.from(JSON.stringify([...bucketsOf(body, resolutionSeconds).values()]));
}

/** Values of measurements, sum of counters, last sample. */
export function bucketsOf(body, resolutionSeconds) {
  const buckets = new Map();
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(32, at);
    const end = space + 1 + Number(body.toString('latin1', at, space));
    const [, time, procId, text] = HEADER.exec(body.toString('utf8', space + 1, end));
    at = end;
    const metrics = [];
    let source;
    for (const [, key, quoted, bare = ''] of text.matchAll(TUPLE)) {
      const value = quoted === undefined ? bare : quoted.replace(/\\(["\\])/g, '$1');
      if (key === 'source') {
        source ??= value;
        continue;
      }
      const metric = METRIC.exec(key);
      if (metric) metrics.push(read(metric[1] ?? metric[2], metric[3], value));
      else if (procId === 'router' && ROUTER.has(key) && value !== '')
        metrics.push(read('measure', `router.${key}`, value));
    }
    if (metrics.length === 0) continue;
    const atMs = Date.parse(time);
    const window = Math.floor(atMs / 1000 / resolutionSeconds) * resolutionSeconds;
    for (const { kind, name, number, unit } of metrics) {
      const id = `${window}|${kind}|${name}|${source ?? ''}|${unit}`;
      let bucket = buckets.get(id);
      if (!bucket) {
        bucket = { window, kind, name, source: source ?? '', unit, values: [], sum: 0, last: 0, lastAt: 0 };
        buckets.set(id, bucket);
      }
      if (kind === 'measure') {
        bucket.values.push(number);
      } else if (kind === 'count') {
        bucket.sum += number;
      } else if (atMs > bucket.lastAt || (atMs === bucket.lastAt && number > bucket.last)) {
        bucket.last = number;
        bucket.lastAt = atMs;
      }
    }
  }
  return buckets;
}

function read(kind, name, value) {
  if (Buffer.byteLength(name) > 255) throw new Error(`a name is too long: ${name}`);
  if (value === '') return { kind, name, number: 1, unit: '' };
  const match = VALUE.exec(value);
  const number = match ? Number(match[1]) : NaN;
  if (!(Math.abs(number) <= 1e126)) throw new Error(`no value: ${value}`);
  return { kind, name, number, unit: match[2] };
}
