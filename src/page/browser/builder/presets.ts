/** What a place that takes OTLP wants to have, as docs/destinations.md has it. */
export interface Preset {
  readonly label: string;
  readonly endpoint: string;
  /** Names of the headers that carry a key, and what stands before it. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether it wants a user name and a password. */
  readonly basic?: boolean;
  readonly hint: string;
}

/** Places to choose from. */
export const PRESETS: readonly Preset[] = [
  {
    label: 'OpenTelemetry Collector',
    endpoint: 'http://otel-collector.observability.svc:4318',
    headers: [],
    hint: 'Its otlp receiver. Plain http goes to loopback, private addresses and cluster names only.',
  },
  {
    label: 'Grafana Cloud',
    endpoint: 'https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/metrics',
    headers: [],
    basic: true,
    hint: 'User name and password are the instance id and the token of its OpenTelemetry page. It wants cumulative values: put a Collector with deltatocumulative in between.',
  },
  {
    label: 'Datadog',
    endpoint: 'https://otlp.datadoghq.com/v1/metrics',
    headers: [['dd-api-key', '']],
    hint: 'The host depends on your site.',
  },
  {
    label: 'Honeycomb',
    endpoint: 'https://api.honeycomb.io/v1/metrics',
    headers: [['x-honeycomb-team', '']],
    hint: 'In the EU the host is api.eu1.honeycomb.io.',
  },
  {
    label: 'SolarWinds Observability',
    endpoint: 'https://otel.collector.na-01.cloud.solarwinds.com/v1/metrics',
    headers: [['Authorization', 'Bearer ']],
    hint: 'The successor of Librato and AppOptics: its token stands behind Bearer.',
  },
  {
    label: 'Prometheus',
    endpoint: 'http://prometheus.monitoring.svc:9090/api/v1/otlp/v1/metrics',
    headers: [],
    hint: 'With --web.enable-otlp-receiver and --enable-feature=otlp-deltatocumulative.',
  },
];
