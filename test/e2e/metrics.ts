import { send } from './http.js';

/** A reading of `GET /metrics`. */
export interface Reading {
  readonly text: string;
  /** The value of a series as it is written, `l2met_requests_total{status="2xx"}`; undefined if it is not there. */
  of(series: string): number | undefined;
  /** All series of a metric whose value is not 0, by the value of its last label ('' without one). */
  all(metric: string): Record<string, number>;
}

/** Reads `GET /metrics` of a service. */
export async function readMetrics(url: string): Promise<Reading> {
  const { status, body, headers } = await send(`${url}/metrics`, { method: 'GET' });
  if (status !== 200) throw new Error(`/metrics answered ${status}`);
  if (!headers['content-type']?.startsWith('text/plain')) throw new Error(`of the type ${headers['content-type']}`);
  const series = new Map<string, number>();
  for (const line of body.split('\n')) {
    const match = /^([a-z_0-9]+(?:\{.*\})?) (\S+)$/.exec(line);
    if (match) series.set(match[1]!, Number(match[2]));
  }
  return {
    text: body,
    of: (name) => series.get(name),
    all: (metric) =>
      Object.fromEntries(
        [...series]
          .filter(([name, value]) => value !== 0 && (name === metric || name.startsWith(`${metric}{`)))
          .map(([name, value]) => [/="([^"]*)"\}$/.exec(name)?.[1] ?? '', value]),
      ),
  };
}
