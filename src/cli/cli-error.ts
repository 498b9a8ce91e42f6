/** A mistake of the caller: its lines go to standard error, without a stack, and the exit status is 1. */
export class CliError extends Error {
  readonly code = 'L2MET_CLI_USAGE';
  constructor(...lines: string[]) {
    super(lines.join('\n'));
  }
}
