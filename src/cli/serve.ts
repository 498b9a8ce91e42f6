import { environment, isLogTerminal } from '../config/environment.js';
import { readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { generateKey } from '../crypto/key-ring.js';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { drainUrl, trialInstructions } from './drain-url.js';
import { startService } from './service.js';
import { firstSignal, stopOnSignal } from './signals.js';

/** `l2met serve`: runs the service until it is told to stop. */
export async function serve(flags: readonly string[]): Promise<void> {
  const { settings, notices } = readSettings(environment, flags);
  const logger = loggerOf(settings);
  for (const notice of notices) logger.warn({ event: 'setting' }, notice);
  const isTrial = inventKey(settings, logger) || settings.TRIAL;
  warnOfDefaults(settings, logger);
  const signal = firstSignal();
  const service = await startService(settings, logger);
  if (isTrial && settings.RECEIVER) {
    const url = drainUrl(service.url, 'console:', settings.SECRETS);
    const page = service.codes && `${service.url}/#${service.codes.issue(url)}`;
    process.stdout.write(trialInstructions(url, page));
  }
  await stopOnSignal(signal, service, settings, logger);
}

/** The logger that the settings ask for. */
export function loggerOf(settings: Settings): Logger {
  const pretty = settings.LOG_FORMAT === 'auto' ? isLogTerminal : settings.LOG_FORMAT === 'pretty';
  return createLogger(settings.LOG_LEVEL, pretty);
}

/** Makes a key up where none is set. @returns whether it did */
export function inventKey(settings: Settings, logger: Logger): boolean {
  if (settings.SECRETS !== '') return false;
  settings.SECRETS = generateKey();
  logger.warn(
    { event: 'throw-away-key' },
    'SECRETS is not set: a key was made up, and drain tokens made with it are worth nothing once this process ends',
  );
  return true;
}

function warnOfDefaults(settings: Settings, logger: Logger): void {
  if (settings.REDIS_URL === '') {
    logger.warn(
      { event: 'embedded-store' },
      'the embedded store is in use: what has been acknowledged and not yet delivered is lost if this process is killed',
    );
  }
  if (settings.LIBRATO_URL === '') {
    logger.warn(
      { event: 'librato-url' },
      'LIBRATO_URL is not set: metrics of email:api-token drains are printed here (Librato’s own host is gone since January 2026)',
    );
  }
}
