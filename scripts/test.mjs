// Prevents tests from running against a stale build or without what they need: installs, builds, then runs jest (as
// native ES modules, which Nest 12 is made of).
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build, install, root } from './prepare.mjs';

install();
build();
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    path.join(root, 'node_modules/jest/bin/jest.js'),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
