import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../e2e/process.js';
import { decodeRequest, type ReceivedPoint } from '../fixtures/otlp/decode.js';

const CONFIG = fileURLToPath(new URL('collector.yaml', import.meta.url));

/** A real OpenTelemetry Collector on free ports of this machine. */
export interface Collector {
  /** Where to post, as `http://127.0.0.1:port/v1/metrics`. */
  readonly url: string;
  /** All points that came, as they came. */
  points(): ReceivedPoint[];
  /** What Prometheus would scrape once deltas were made cumulative: the value of a series as it is written. */
  scraped(series: RegExp): Promise<number | undefined>;
  /** What it logged. */
  readonly log: string;
  stop(): Promise<void>;
}

/** Starts the Collector that OTELCOL names and waits until it listens. */
export async function startCollector(): Promise<Collector> {
  const binary = process.env['OTELCOL'];
  if (!binary || !existsSync(binary)) {
    throw new Error(
      'set OTELCOL to a Collector with otlp, deltatocumulative, file and prometheus in it (otelcol-contrib has them)',
    );
  }
  const [otlpPort, scrapePort] = [await freePort(), await freePort()];
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'l2met-otelcol-')), 'metrics.jsonl');
  const child = spawn(binary, ['--config', `file:${CONFIG}`], {
    env: { PATH: process.env['PATH'], OTLP_PORT: String(otlpPort), SCRAPE_PORT: String(scrapePort), OTLP_FILE: file },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await until(
    () => log.includes('Everything is ready') || child.exitCode !== null,
    'the Collector is ready',
    () => log,
    60_000,
  );
  if (child.exitCode !== null) throw new Error(log);
  return {
    url: `http://127.0.0.1:${otlpPort}/v1/metrics`,
    points: () => (existsSync(file) ? pointsIn(readFileSync(file, 'utf8')) : []),
    scraped: async (series) => {
      const text = await (await fetch(`http://127.0.0.1:${scrapePort}/metrics`)).text();
      const line = text.split('\n').find((one) => series.test(one));
      return line === undefined ? undefined : Number(line.split('} ').at(-1));
    },
    get log() {
      return log;
    },
    stop: () => stop(child),
  };
}

/** The file has a request a line, in OTLP's JSON. */
function pointsIn(lines: string): ReceivedPoint[] {
  return lines
    .split('\n')
    .filter((line) => line !== '' && line.endsWith('}'))
    .flatMap((line) => decodeRequest(Buffer.from(line), 'json'));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
