/** The environment of this process. */
export const environment: NodeJS.ProcessEnv = process.env;

/** The command line after the program's name. */
export const commandLine: readonly string[] = process.argv.slice(2);

/** Whether the log is read by eyes. */
export const isLogTerminal: boolean = process.stderr.isTTY;
