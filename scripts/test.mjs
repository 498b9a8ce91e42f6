// Prevents tests from running against a stale build or without what they need: installs, builds, then runs jest (as
// native ES modules, which Nest 12 is made of).
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { findBrowser } from './find-browser.mjs';
import { build, install, root, run } from './prepare.mjs';

install();
installProgram(() => has('redis-server'), {
  apt: 'redis-server',
  brew: ['redis'],
  needed: 'the tests need redis-server 6.2 or newer on the PATH',
});
installProgram(findBrowser, {
  apt: 'chromium',
  brew: ['--cask', 'chromium'],
  needed: 'the tests of the page need Chromium or Chrome on the PATH, or CHROMIUM to say where it is',
});
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

/** The suites start programs that npm does not bring; this brings one, through the system's package manager. */
function installProgram(isThere, { apt, brew, needed }) {
  if (isThere()) return;
  process.stderr.write(`installing ${apt}…\n`);
  if (has('apt-get') && process.getuid?.() === 0) {
    run('apt-get', ['-q', 'update']);
    run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', apt], { DEBIAN_FRONTEND: 'noninteractive' });
  } else if (has('brew')) {
    run('brew', ['install', ...brew]);
  }
  if (isThere()) return;
  process.stderr.write(`${needed}: install it (as root, apt-get install ${apt})\n`);
  process.exit(1);
}

function has(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}
