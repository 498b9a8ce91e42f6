import { storeKindOf, storeOptionsOf } from '../app.module.js';
import { environment } from '../config/environment.js';
import { readSettings } from '../config/read-settings.js';
import { openStore } from '../store/store.module.js';
import { StoreUnavailableError, type TenantFacts, type TenantId, type WindowStore } from '../store/window-store.js';
import { Counters } from '../telemetry/counters.js';
import { createLogger } from '../telemetry/logger.js';
import { CliError } from './cli-error.js';
import { readStdin } from './read-stdin.js';
import { amountText, reportOf, toText } from './tenant/report.js';

const USAGE = 'expected l2met tenant inspect ID or l2met tenant purge ID: see l2met --help';

interface Command {
  readonly action: 'inspect' | 'purge';
  readonly tenant: TenantId;
  /** Whether for machines. */
  readonly json: boolean;
  /** Whether to purge without asking. */
  readonly yes: boolean;
  /** Settings of the service, such as --redis-prefix. */
  readonly flags: readonly string[];
}

/**
 * `l2met tenant inspect ID` and `l2met tenant purge ID`: what an operator sees and does of one tenant, in the store that the
 * service's own settings name. Status 1 if nothing is known of it.
 */
export async function tenant(args: readonly string[]): Promise<void> {
  const command = readArguments(args);
  const { settings } = readSettings(environment, command.flags);
  if (settings.REDIS_URL === '') {
    throw new CliError(
      'REDIS_URL is not set: give that of the service. The embedded store is in the memory of its process, where no other one sees it: ask GET /logs there',
    );
  }
  // What goes wrong is said once, by the error that it ends with.
  const telemetry = { counters: new Counters(), logger: createLogger('silent', false) };
  const store = await openStore(storeKindOf(settings), storeOptionsOf(settings), telemetry);
  try {
    await (command.action === 'inspect' ? inspect(store, command) : purge(store, command));
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const unsure =
      command.action === 'purge' ? '; should anything have been dropped, running it again does no harm' : '';
    throw new CliError(`the store cannot be asked: ${error.message}${unsure}`);
  } finally {
    await store.close();
  }
}

async function inspect(store: WindowStore, { tenant, json }: Command): Promise<void> {
  const facts = await factsOf(store, tenant);
  const report = reportOf(tenant, facts, await store.now());
  print(json ? `${JSON.stringify(report)}\n` : toText(report));
}

async function purge(store: WindowStore, { tenant, json, yes }: Command): Promise<void> {
  const { windowsWaiting, batchesWaiting, bytesWaiting } = await factsOf(store, tenant);
  if (!yes && windowsWaiting > 0) {
    const amount = amountText(windowsWaiting, batchesWaiting, bytesWaiting);
    const answer = await readStdin(`Drop ${amount} of tenant ${tenant} for good? yes or no: `);
    if (answer.trim() !== 'yes') throw new CliError('nothing was dropped');
  }
  const purged = await store.purge(tenant);
  if (json) return print(`${JSON.stringify({ tenant, ...purged })}\n`);
  print(`dropped ${amountText(purged.windows, purged.batches, purged.bytes)} of tenant ${tenant}\n`);
  print('its drains are still taken: REVOKED_TENANTS refuses them\n');
}

async function factsOf(store: WindowStore, tenant: TenantId): Promise<TenantFacts> {
  const facts = await store.facts(tenant);
  if (!facts)
    throw new CliError(`nothing is known of tenant ${tenant}: nothing waits for it, and nothing came within an hour`);
  return facts;
}

function print(text: string): void {
  process.stdout.write(text);
}

function readArguments(args: readonly string[]): Command {
  const [action, ...rest] = args;
  if (action !== 'inspect' && action !== 'purge') throw new CliError(USAGE);
  const own = action === 'purge' ? ['--json', '--yes'] : ['--json'];
  const [id, ...flags] = rest.filter((arg) => !own.includes(arg));
  // What else stands there may be a drain token or credentials: it is not shown.
  if (id === undefined || !/^[0-9a-f]{32}$/i.test(id))
    throw new CliError('a tenant’s id is 32 hex digits: GET /logs with its drain URL shows it, and so does the log');
  const yes = rest.includes('--yes');
  if (action === 'purge' && !yes && !process.stdin.isTTY)
    throw new CliError('purge asks before it drops anything, and there is no terminal to ask on: give it --yes');
  const json = rest.includes('--json') || !process.stdout.isTTY;
  return { action, tenant: id.toLowerCase(), json, yes, flags };
}
