import { request } from 'undici';
import { environment } from '../config/environment.js';
import { USER_AGENT } from '../version.js';
import { CliError } from './cli-error.js';
import { readStdin } from './read-stdin.js';

/** What `check` sends: one of each kind. */
const LINES = 'measure#l2met.check=1ms count#l2met.check.count=1 sample#l2met.check.sample=1\n';

const TIMEOUT_MS = 10_000;

/** `l2met check`: posts lines to a drain URL and says what came of them. Status 1 if they were not all taken. */
export async function check(args: readonly string[]): Promise<void> {
  if (args.length > 0)
    throw new CliError(
      'a drain URL is a secret and not taken as an argument: send it to standard input, or set L2MET_DRAIN_URL',
    );
  const text = (environment['L2MET_DRAIN_URL'] || (await readStdin('Drain URL, then Enter: '))).trim();
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new CliError('that is not a drain URL: expected https://TOKEN@host/logs');
  const url = new URL(text);
  const headers = {
    authorization: `Basic ${Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64')}`,
    accept: 'application/json',
    'user-agent': USER_AGENT,
  };
  url.username = url.password = '';

  const posted = await send(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/plain' },
    body: LINES,
  });
  if (posted.status !== 200) throw new CliError(`POST answered ${posted.status}: ${said(posted.body)}`);
  const { measurements } = posted.body as { measurements?: unknown };
  if (measurements !== 3)
    throw new CliError(`POST answered 200, but took ${String(measurements)} of 3 measurements: ${said(posted.body)}`);
  process.stdout.write('POST answered 200: 3 of 3 measurements are stored\n');

  const described = await send(url, { method: 'GET', headers });
  if (described.status !== 200) throw new CliError(`GET answered ${described.status}: ${said(described.body)}`);
  const { destination, warnings } = described.body as {
    destination: { kind: string; host: string | null };
    warnings: string[];
  };
  process.stdout.write(
    `they go to ${destination.kind}${destination.host === null ? '' : ` at ${destination.host}`} once their window is over\n`,
  );
  for (const warning of warnings) process.stdout.write(`! ${warning}\n`);
}

/** A part of a URL as it was before it was percent-encoded. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new CliError('the token in that drain URL is not percent-encoded as a URL asks for');
  }
}

interface Exchange {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

async function send(url: URL, exchange: Exchange): Promise<{ status: number; body: unknown }> {
  try {
    const { statusCode, body } = await request(url, { ...exchange, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await body.text();
    return { status: statusCode, body: parse(text) };
  } catch (error) {
    throw new CliError(`${url.host} does not answer: ${(error as Error).message}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function said(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return typeof body === 'string' ? body.slice(0, 200) : JSON.stringify(body);
}
