/** The environment of this process. */
export const environment: NodeJS.ProcessEnv = process.env;

/** The command line after the program's name. */
export const commandLine: readonly string[] = process.argv.slice(2);

/** Whether standard error, and whether standard output, is read by eyes. */
export const isTerminal = { stderr: process.stderr.isTTY, stdout: process.stdout.isTTY };
