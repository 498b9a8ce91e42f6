/** Deterministic traffic in the proportions of a busy Heroku app: 60 % plain, 20 % router, 8 % dyno samples, 12 % app metrics. */
export class Traffic {
  private state: number;

  /** @param seed anything but 0 */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** One syslog line, with line feed, as Logplex sends it (`- ` more where a log-shuttle sends it). */
  line(atMs: number, shuttle = false): string {
    const time = new Date(atMs).toISOString().replace('Z', `${this.int(1000).toString().padStart(3, '0')}+00:00`);
    const [procid, text] = this.message();
    return `<190>1 ${time} host app ${procid} - ${shuttle ? '- ' : ''}${text}\n`;
  }

  /** A whole number from 0 to below `below` (xorshift32). */
  int(below: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    this.state >>>= 0;
    return this.state % below;
  }

  private message(): [procid: string, text: string] {
    const dice = this.int(100);
    if (dice < 60) return [`web.${this.int(4)}`, this.plain()];
    if (dice < 80) return ['router', this.router()];
    if (dice < 88) return [`web.${this.int(4)}`, this.samples()];
    return [`web.${this.int(4)}`, this.metrics()];
  }

  private plain(): string {
    const texts = [
      'Completed 200 OK in 12ms (Views: 8.1ms | ActiveRecord: 2.2ms)',
      '{"level":"info","msg":"cart updated","items":3}',
      "  app/models/order.rb:41:in `total'",
      'Führt aus: SELECT * FROM "orders" WHERE id = 1 — naïve',
      'Processing by OrdersController#index as HTML',
    ];
    return texts[this.int(texts.length)]!;
  }

  private router(): string {
    if (this.int(10) === 0)
      return 'at=error code=H14 desc="No web processes running" method=GET path="/" dyno= connect= service= status=503 bytes=';
    return `at=info method=GET path="/search?q=connect=5ms" host=shop.example.com dyno=web.${this.int(3)} connect=${this.int(4)}ms service=${this.int(30000)}ms status=200 bytes=${this.int(100000)}`;
  }

  private samples(): string {
    return `source=web.${this.int(4)} sample#memory_total=${this.int(51200) / 100}MB sample#load_avg_1m=${this.int(300) / 100}`;
  }

  private metrics(): string {
    const parts = Array.from({ length: 1 + this.int(4) }, () => {
      const name = `app.metric${this.int(40)}`;
      switch (this.int(5)) {
        case 0:
          return `count#${name}.n=${this.int(10)}`;
        case 1:
          return `count#${name}.n`;
        case 2:
          return `measure#${name}=${(this.int(2_000_000) - 100_000) / 1000}ms`;
        case 3:
          return `measure#${name}.s="${this.int(1000)}e-3s"`;
        default:
          return `measure.${name}.old=${this.int(500)}`;
      }
    });
    const source = this.int(3) === 0 ? [] : [`source=worker.${this.int(5)}`];
    return [...parts, ...source].join(' ');
  }
}
