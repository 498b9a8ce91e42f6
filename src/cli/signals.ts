import type { Settings } from '../config/settings.js';
import type { Logger } from '../telemetry/logger.js';
import type { Service } from './service.js';

/**
 * Waits for SIGTERM or SIGINT, stops the service in order and ends the process: status 0, or 1 if that took longer than
 * SHUTDOWN_MS. A second signal ends it at once.
 */
export async function stopOnSignal(service: Service, settings: Settings, logger: Logger): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
      resolve();
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
  });
  setTimeout(() => {
    logger.error({ event: 'shutdown-overdue', shutdownMs: settings.SHUTDOWN_MS }, 'shutdown took too long');
    process.exit(1);
  }, settings.SHUTDOWN_MS).unref();
  await service.stop();
  process.exit(0);
}
