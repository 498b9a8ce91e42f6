import type { LibratoServer, ReceivedGauge } from '../fixtures/librato-server.js';

/** What a tenant's account holds: of each `name|source|time` the value that came last, as Librato keeps it. */
export function storedGauges(librato: LibratoServer, user: string): Map<string, ReceivedGauge> {
  const stored = new Map<string, ReceivedGauge>();
  for (const request of librato.requests) {
    if (request.credentials?.user !== user || request.status !== 200) continue;
    for (const gauge of request.gauges) stored.set(`${gauge.name}|${gauge.source ?? ''}|${gauge.measure_time}`, gauge);
  }
  return stored;
}
