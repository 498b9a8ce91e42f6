import { Inject, Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { type CounterName, COUNTERS, labelSets } from './counter-definitions.js';
import { Counters } from './counters.js';
import { DESTINATION_LABEL } from './histograms.js';
import { type GaugeName, type GaugeReader, GAUGES } from './gauges.js';
import { LOGGER, type Logger } from './logger.js';

/** Of Node's own metrics, those that do not follow Prometheus' naming conventions. */
const UNCONVENTIONAL = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** Of Node's own metrics, those that go where METCHAN_URL says. */
const PROCESS_GAUGES = ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes'] as const;

/** A current value of a gauge, for who hands it on. */
export interface Reading<N extends string = string> {
  readonly name: N;
  /** '' where the gauge has no label. */
  readonly value: string;
  readonly reading: number;
}

/** What l2met knows of itself, in Prometheus' form. The numbers are kept elsewhere: here they are only shown. */
@Injectable()
export class OwnMetrics {
  private readonly registry = new Registry();
  private readonly readers: GaugeReader[] = [];

  constructor(
    private readonly counters: Counters,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    for (const name of Object.keys(COUNTERS) as CounterName[]) this.showCounter(name);
    for (const histogram of Object.values(counters.histograms)) this.registry.registerMetric(histogram);
    collectDefaultMetrics({ register: this.registry });
    for (const name of UNCONVENTIONAL) this.registry.removeSingleMetric(name);
  }

  /** Has gauges read whenever somebody looks. */
  read(reader: GaugeReader): void {
    this.readers.push(reader);
  }

  /** The text format and its content type. */
  async show(): Promise<{ readonly contentType: string; readonly text: string }> {
    // Made anew each time: a gauge that cannot be read is not there, rather than 0, which would end an alert.
    const gauges = gaugesOf(await this.readings());
    const texts = await Promise.all([this.registry.metrics(), gauges.metrics()]);
    return { contentType: this.registry.contentType, text: texts.join('\n') };
  }

  /** All that only grows, as `name.reason` → amount: the counters, and of each histogram `name.sum`, in s, and `name.count`. */
  async totals(): Promise<Record<string, number>> {
    const totals = this.counters.snapshot();
    for (const [name, histogram] of Object.entries(this.counters.histograms)) {
      for (const { metricName, labels, value } of (await histogram.get()).values) {
        const part = /_(sum|count)$/.exec(metricName ?? '')?.[1];
        if (part) totals[[name, ...Object.values(labels), part].join('.')] = value;
      }
    }
    return totals;
  }

  /** What the gauges stand at. */
  async readings(): Promise<Reading<GaugeName>[]> {
    const readings: Reading<GaugeName>[] = [];
    for (const reader of this.readers) {
      try {
        for (const [name, value] of Object.entries(await reader()) as [GaugeName, number | Record<string, number>][]) {
          if (typeof value === 'number') readings.push({ name, value: '', reading: value });
          else for (const [of, reading] of Object.entries(value)) readings.push({ name, value: of, reading });
        }
      } catch (error) {
        // The store is away, for instance, which other numbers say.
        this.logger.debug({ event: 'gauges-unread', err: error }, 'some gauges cannot be read now');
      }
    }
    return readings;
  }

  /** The lag of the event loop, and memory. */
  async processReadings(): Promise<Reading[]> {
    const metrics = await Promise.all(PROCESS_GAUGES.map(async (name) => this.registry.getSingleMetric(name)?.get()));
    return metrics.flatMap((metric) =>
      (metric?.values ?? []).map(({ value }) => ({ name: metric!.name, value: '', reading: value })),
    );
  }

  /** Name and meaning of Node's own metrics that are shown, on this platform. */
  async nodeMetrics(): Promise<{ readonly name: string; readonly help: string }[]> {
    const all = await this.registry.getMetricsAsJSON();
    return all.filter(({ name }) => !name.startsWith('l2met_')).map(({ name, help }) => ({ name, help }));
  }

  private showCounter(name: CounterName): void {
    const { counters } = this;
    const { help, label } = COUNTERS[name];
    const sets = labelSets(name);
    const isByDestination = DESTINATION_LABEL in sets[0]!.labels;
    new Counter({
      name: `l2met_${name}_total`,
      help,
      labelNames: isByDestination ? [DESTINATION_LABEL, label] : [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { reason, labels } of sets) this.inc(labels, counters.get(name, reason as never));
      },
    });
  }
}

function gaugesOf(readings: readonly Reading<GaugeName>[]): Registry {
  const registry = new Registry();
  const gauges = new Map<GaugeName, Gauge>();
  for (const { name, value, reading } of readings) {
    const label = labelOf(name);
    let gauge = gauges.get(name);
    if (!gauge) {
      const labelNames = label === undefined ? [] : [label];
      gauge = new Gauge({ name: `l2met_${name}`, help: GAUGES[name].help, labelNames, registers: [registry] });
      gauges.set(name, gauge);
    }
    if (label === undefined) gauge.set(reading);
    else gauge.set({ [label]: value }, reading);
  }
  return registry;
}

function labelOf(name: GaugeName): string | undefined {
  const definition = GAUGES[name];
  return 'label' in definition ? definition.label : undefined;
}
