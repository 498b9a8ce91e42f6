/**
 * Bodies for the benchmarks: what drains of Heroku apps send, made up, the same bytes for the same seed on every machine.
 *
 * `mixed`: 60 % lines of apps without a metric (Rails, logfmt, JSON, stack traces, UTF-8), 20 % of the router, 8 % of
 * log-runtime-metrics, 12 % with one to four metrics of an app. `metrics`: 75 % with metrics of an app, 25 % of runtime-metrics.
 * 500 names, the frequent ones more so, of 20 sources; half of the bodies with microseconds; one in ten as log-shuttle frames.
 */

/** Mulberry32. */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = 500;
const SOURCES = 20;
const ZIPF = 0.7;

const WORDS =
  'checkout cart search login render query cache upload mail worker order stock price invoice session'.split(' ');
const PARTS = 'latency time size depth rate hits misses errors rows allocations wait total'.split(' ');
const PATHS = [
  '/',
  '/orders',
  '/orders/8812?page=2',
  '/carts',
  '/search?q=connect=5ms&source=x',
  '/products/41',
  '/favicon.ico',
];
const UNITS = ['ms', 'ms', 'ms', 's', 'MB', 'bytes', '', '%'];

/** The start of the corpora's hour, s since the epoch: 2026-03-04T10:00:00Z. */
export const CORPUS_SECONDS = Date.UTC(2026, 2, 4, 10) / 1000;

/**
 * @param kind `mixed` or `metrics`
 * @param bodyBytes about how large a body is to be
 * @param totalBytes about how large all are together
 * @returns the bodies, and how many lines are in all of them
 */
export function corpus(kind, bodyBytes, totalBytes = 6_400_000, seed = 1) {
  const writer = new Writer(seed);
  const bodies = [];
  let lines = 0;
  for (let bytes = 0; bytes < totalBytes; bytes += bodies.at(-1).length) {
    const { body, count } = writer.body(kind, { bytes: bodyBytes });
    bodies.push(body);
    lines += count;
  }
  return { bodies, lines };
}

/** Bodies of so many lines each. */
export function bodiesOfLines(kind, lines, bodies, seed = 1) {
  const writer = new Writer(seed);
  return Array.from({ length: bodies }, () => writer.body(kind, { lines }).body);
}

class Writer {
  constructor(seed) {
    this.random = generator(seed);
    this.bodies = 0;
    this.names = Array.from({ length: NAMES }, (_, i) => {
      const [word, part] = [WORDS[i % WORDS.length], PARTS[Math.floor(i / WORDS.length) % PARTS.length]];
      return i < WORDS.length * PARTS.length ? `${word}.${part}` : `${word}.step${i}.${part}`;
    });
    const weights = this.names.map((_, i) => 1 / (i + 1) ** ZIPF);
    let sum = 0;
    this.cumulated = weights.map((weight) => (sum += weight));
  }

  below(n) {
    return Math.floor(this.random() * n);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  name() {
    const at = this.random() * this.cumulated.at(-1);
    let low = 0;
    let high = NAMES - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulated[middle] < at) low = middle + 1;
      else high = middle;
    }
    return this.names[low];
  }

  source() {
    const i = this.below(SOURCES);
    return i < 15 ? `web.${i + 1}` : `worker.${i - 14}`;
  }

  hex(digits) {
    let text = '';
    for (let i = 0; i < digits; i++) text += this.below(16).toString(16);
    return text;
  }

  /** A body of at least so many bytes, or of so many lines. */
  body(kind, { bytes = Infinity, lines = Infinity }) {
    const micros = this.bodies++ % 2 === 0;
    const isLogShuttle = this.bodies % 10 === 0;
    const begin = this.below(3000);
    const frames = [];
    let size = 0;
    for (; size < bytes && frames.length < lines; size += frames.at(-1).length) {
      // All lines of a body are of the same second or two, as a sender batches them.
      const at = new Date((CORPUS_SECONDS + begin + Math.floor(frames.length / 400)) * 1000).toISOString().slice(0, 19);
      const time = micros ? `${at}.${String(this.below(1e6)).padStart(6, '0')}+00:00` : `${at}+00:00`;
      const [pri, app, procId, text] = this.line(kind);
      const message = isLogShuttle
        ? `<${pri}>1 ${time} shuttle ${app} ${procId} - - ${text}\n`
        : `<${pri}>1 ${time} host ${app} ${procId} - ${text}\n`;
      frames.push(Buffer.from(`${Buffer.byteLength(message)} ${message}`));
    }
    return { body: Buffer.concat(frames), count: frames.length };
  }

  line(kind) {
    const dice = this.random();
    if (kind === 'metrics') return dice < 0.75 ? this.appMetrics() : this.runtimeMetrics();
    if (dice < 0.6) return [190, 'app', this.source(), this.plain()];
    if (dice < 0.8) return [158, 'heroku', 'router', this.router()];
    return dice < 0.88 ? this.runtimeMetrics() : this.appMetrics();
  }

  plain() {
    const id = this.hex(8);
    switch (this.below(7)) {
      case 0:
        return `[${id}] Started GET "${this.pick(PATHS)}" for 203.0.113.${this.below(250)} at 2026-03-04 10:15:02 +0000`;
      case 1:
        return `[${id}] Processing by OrdersController#show as HTML`;
      case 2:
        return `[${id}] Completed 200 OK in ${this.below(900)}ms (Views: ${this.below(90)}.${this.below(10)}ms | ActiveRecord: ${this.below(90)}.${this.below(10)}ms | Allocations: ${this.below(90000)})`;
      case 3:
        return `level=info component=cart msg="cart \\"${id}\\" updated" items=${this.below(9)} user_id=${this.below(9e5)} duration=${this.random().toFixed(4)} request_id=${this.hex(16)}`;
      case 4:
        return `{"level":"info","time":"2026-03-04T10:15:02.318Z","msg":"order placed","order":{"id":${this.below(9e5)},"currency":"EUR"},"user":{"id":${this.below(9e5)},"plan":"größer"},"trace":"${this.hex(32)}"}`;
      case 5:
        return `  app/models/order.rb:${this.below(400)}:in \`block (2 levels) in total_for_${this.pick(WORDS)}' from /app/vendor/bundle/ruby/3.3.0/gems/activerecord-7.1.3/lib/active_record/relation.rb:${this.below(900)}`;
      default:
        return `INFO  notification sent to “${id}” — ${this.pick(['zugestellt', 'livré', '配信済み'])} in ${this.below(90)} ms, queue=${this.pick(WORDS)}`;
    }
  }

  router() {
    return `at=info method=GET path="${this.pick(PATHS)}" host=shop.example.com request_id=${this.hex(8)}-${this.hex(4)}-${this.hex(4)}-${this.hex(4)}-${this.hex(12)} fwd="203.0.113.${this.below(250)}" dyno=web.${1 + this.below(15)} connect=${this.below(4)}ms service=${this.below(400)}ms status=200 bytes=${this.below(60000)} protocol=https`;
  }

  runtimeMetrics() {
    const source = this.source();
    const head = `source=${source} dyno=heroku.20481024.${this.hex(8)}-${this.hex(4)}-4798-8877-${this.hex(12)}`;
    if (this.random() < 0.5) {
      const load = () => (this.random() * 4).toFixed(2);
      return [
        45,
        'heroku',
        source,
        `${head} sample#load_avg_1m=${load()} sample#load_avg_5m=${load()} sample#load_avg_15m=${load()}`,
      ];
    }
    const mb = (most) => `${(this.random() * most).toFixed(2)}MB`;
    const pages = () => `${this.below(9e5)}pages`;
    return [
      45,
      'heroku',
      source,
      `${head} sample#memory_total=${mb(512)} sample#memory_rss=${mb(480)} sample#memory_cache=${mb(32)} sample#memory_swap=0.00MB sample#memory_pgpgin=${pages()} sample#memory_pgpgout=${pages()} sample#memory_quota=512.00MB`,
    ];
  }

  appMetrics() {
    const source = this.source();
    const metrics = Array.from({ length: 1 + this.below(4) }, () => this.metric());
    const [from, to] = this.random() < 0.5 ? [`source=${source} `, ''] : ['', ` source=${source}`];
    const quoted = this.random() < 0.2 ? `msg="a \\"quoted\\" text of ${this.pick(WORDS)}" ` : '';
    return [190, 'app', source, `${from}${quoted}request_id=${this.hex(16)} ${metrics.join(' ')}${to}`];
  }

  metric() {
    const dice = this.random();
    const name = this.name();
    if (dice < 0.15) return `count#${name}`;
    if (dice < 0.3) return `count#${name}=${1 + this.below(20)}`;
    if (dice < 0.4) return `sample#${name}=${this.below(1000)}`;
    const unit = this.pick(UNITS);
    const number = this.random() * 500;
    const digits = this.random() < 0.1 ? 9 : this.below(4);
    return `measure${this.random() < 0.05 ? '.' : '#'}${name}=${number.toFixed(digits)}${unit}`;
  }
}
