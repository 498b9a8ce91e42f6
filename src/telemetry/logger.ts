import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import pretty from 'pino-pretty';

/** Injection token of the {@link Logger}. */
export const LOGGER = Symbol('Logger');

/** Structured logger: `log.info({ event: 'listening', port }, 'text')`, one line an event. */
export type Logger = PinoLogger;

/** From the most to the least talkative; `silent` writes nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Wherever one of these turns up in what is logged, its value is not. */
const SECRET_FIELDS = ['token', 'password', 'secret', 'secrets', 'authorization', 'credentials'];

/**
 * A logger on standard error: JSON for machines, coloured lines where that is a terminal.
 *
 * @param terminal whether to write for eyes
 * @param stream where to write instead, for specs
 */
export function createLogger(level: LogLevel, terminal: boolean, stream?: DestinationStream): Logger {
  const options = {
    level,
    base: { role: undefined },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[secret]',
    },
  };
  const destination =
    stream ??
    (terminal ? pretty({ destination: 2, sync: true, ignore: 'event' }) : pino.destination({ dest: 2, sync: true }));
  return pino(options, destination);
}

/** Nest's own messages, on our logger: start-up chatter at debug level. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.logger.debug({ event: 'nest', context }, String(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.logger.warn({ event: 'nest', context }, String(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    this.logger.error({ event: 'nest', context }, message instanceof Error ? message.message : String(message));
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.logger.debug({ event: 'nest', context }, String(message));
  }

  verbose(message: unknown, ...context: unknown[]): void {
    this.logger.trace({ event: 'nest', context }, String(message));
  }
}
