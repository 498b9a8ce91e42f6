import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { environment } from '../config/environment.js';
import { secretFrom } from '../config/read-settings.js';
import { DrainTokens } from '../crypto/drain-token.js';
import { KeyRing, KeyRingError } from '../crypto/key-ring.js';
import { parseCredentials } from '../model/credentials.js';
import { CliError } from './cli-error.js';
import { drainUrl } from './drain-url.js';
import { readStdin } from './read-stdin.js';

/** `l2met sign`: turns credentials into a drain URL. They never come as arguments, which show in process lists. */
export async function sign(args: readonly string[]): Promise<void> {
  const problems: string[] = [];
  const { url, file } = readArguments(args, problems);
  if (url !== undefined && !isServiceUrl(url))
    problems.push('--url must be an http(s) URL like https://l2met.example.com');
  const secrets = secretFrom(environment, 'SECRETS', problems);
  if (secrets === '')
    problems.push(
      'SECRETS is not set: give the key of the service that the drain leads to (`l2met keygen` prints a new one)',
    );
  else if (secrets !== undefined) problems.push(...keyProblems(secrets));
  if (problems.length > 0) throw new CliError(...problems);

  const credentials = (await readCredentials(file)).trim();
  const parsed = parseCredentials(credentials);
  if (!parsed.ok) throw new CliError(`the credentials are not valid: ${parsed.problem}`);
  const result =
    url === undefined
      ? new DrainTokens(KeyRing.parse(secrets!)).issue(credentials)
      : drainUrl(url, credentials, secrets!);
  process.stdout.write(`${result}\n`);
}

function readArguments(args: readonly string[], problems: string[]): { url?: string; file?: string } {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: { url: { type: 'string' }, file: { type: 'string' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  if (positionals.length > 0) {
    problems.push(
      'credentials are not taken as arguments, which show in process lists: send them to standard input, or use --file or L2MET_CREDENTIALS',
    );
  }
  for (const token of tokens) {
    if (token.kind === 'option' && token.name !== 'url' && token.name !== 'file')
      problems.push(`${token.rawName} is not known: see l2met --help`);
    else if (token.kind === 'option' && token.value === undefined) problems.push(`${token.rawName} needs a value`);
  }
  const text = (value: unknown): { value: string } | undefined => (typeof value === 'string' ? { value } : undefined);
  const url = text(values['url'])?.value;
  const file = text(values['file'])?.value;
  return { ...(url !== undefined && { url }), ...(file !== undefined && { file }) };
}

/** An http(s) URL without a user name: that is where the token goes. */
function isServiceUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

function keyProblems(secrets: string): string[] {
  try {
    KeyRing.parse(secrets);
    return [];
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error;
    return [error.message];
  }
}

async function readCredentials(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new CliError(`--file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}): ${file}`);
    }
  }
  return (
    environment['L2MET_CREDENTIALS'] ||
    (await readStdin('Credentials, as email:api-token or a destination URL, then Enter: '))
  );
}
