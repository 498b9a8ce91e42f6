#!/usr/bin/env node
import 'reflect-metadata';
import { check } from './cli/check.js';
import { CliError } from './cli/cli-error.js';
import { demo } from './cli/demo.js';
import { helpText } from './cli/help.js';
import { keygen } from './cli/keygen.js';
import { serve } from './cli/serve.js';
import { sign } from './cli/sign.js';
import { tenant } from './cli/tenant.js';
import { watch } from './cli/watch.js';
import { commandLine } from './config/environment.js';
import { SettingsError } from './config/read-settings.js';
import { VERSION } from './version.js';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => void | Promise<void>>> = {
  serve,
  sign,
  keygen,
  check,
  watch,
  demo,
  tenant,
};

/** The command line: a command and its arguments, or `serve` where no command is named. */
async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
    return;
  }
  if (args.includes('--version')) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const [first, ...rest] = args;
  if (first === undefined || first.startsWith('-')) return serve(args);
  const command = COMMANDS[first];
  if (!command) throw new CliError(`${JSON.stringify(first)} is no command: see l2met --help`);
  await command(rest);
}

try {
  await main(commandLine);
} catch (error) {
  if (!(error instanceof CliError) && !(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
