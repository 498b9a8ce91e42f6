import type { Settings } from '../config/settings.js';
import { systemClock } from '../model/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { Service } from './service.js';

/** Signals so close behind each other are one: a terminal's Ctrl-C reaches the processes around this one, which hand it on. */
const SAME_SIGNAL_MS = 500;

/** Resolves with the first SIGTERM or SIGINT from now on; a second one ends the process at once. */
export function firstSignal(): Promise<void> {
  return new Promise<void>((resolve) => {
    let firstAt: number | undefined;
    const stop = (): void => {
      firstAt ??= systemClock.monotonic();
      if (systemClock.monotonic() - firstAt > SAME_SIGNAL_MS) process.exit(1);
      resolve();
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
  });
}

/**
 * Waits for a signal, stops the service in order and ends the process: status 0, or 1 if that took longer than SHUTDOWN_MS.
 *
 * @param signal from {@link firstSignal}, asked for before the service takes its first request
 */
export async function stopOnSignal(
  signal: Promise<void>,
  service: Service,
  settings: Settings,
  logger: Logger,
): Promise<void> {
  await signal;
  setTimeout(() => {
    logger.error({ event: 'shutdown-overdue', shutdownMs: settings.SHUTDOWN_MS }, 'shutdown took too long');
    process.exit(1);
  }, settings.SHUTDOWN_MS).unref();
  await service.stop();
  process.exit(0);
}
