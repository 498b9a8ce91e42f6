// Prevents a stale or missing build from being run: `node scripts/with-build.mjs serve …` runs the command line of what
// src/ says now; `--script FILE …` runs a script against it.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build, install, root } from './prepare.mjs';

install();
build();
const args = process.argv.slice(2);
const script = args[0] === '--script' ? path.join(root, args[1]) : path.join(root, 'dist/main.js');
const child = spawn(process.execPath, [script, ...(args[0] === '--script' ? args.slice(2) : args)], {
  stdio: 'inherit',
});
// What is sent to this process is meant for that one. (A terminal's Ctrl-C reaches both; it knows the two as one.)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 1;
  if (signal) process.stderr.write(`ended by ${signal}\n`);
});
