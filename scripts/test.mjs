// Prevents tests from running against a stale build or without what they need: installs, builds, then runs jest (as
// native ES modules, which Nest 12 is made of).
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build, install, root, run } from './prepare.mjs';

install();
installRedis();
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

/** The suites start redis-server processes of their own; this brings the program, through the system's package manager. */
function installRedis() {
  const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  if (has('redis-server')) return;
  process.stderr.write('installing redis-server…\n');
  if (has('apt-get') && process.getuid?.() === 0) {
    run('apt-get', ['-q', 'update']);
    run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', 'redis-server'], {
      DEBIAN_FRONTEND: 'noninteractive',
    });
  } else if (has('brew')) {
    run('brew', ['install', 'redis']);
  }
  if (has('redis-server')) return;
  process.stderr.write(
    'the tests need redis-server 6.2 or newer on the PATH: install it (as root, apt-get install redis-server)\n',
  );
  process.exit(1);
}
