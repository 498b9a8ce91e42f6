// Prevents a page whose parts are not there, or are fetched from elsewhere: bundles src/page/browser into dist/page/site,
// each file under a name that changes with its content, and compressed once and for all. Runs after `nest build`, which
// empties dist/.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const from = fileURLToPath(new URL('browser/', import.meta.url));
const to = fileURLToPath(new URL('../../dist/page/site/', import.meta.url));

const { outputFiles } = await build({
  entryPoints: { page: `${from}main.ts`, style: `${from}style.css`, icon: `${from}icon.svg` },
  entryNames: '[name].[hash]',
  loader: { '.svg': 'copy' },
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome100', 'firefox100', 'safari15.4'],
  outdir: to,
  write: false,
  legalComments: 'none',
  banner: { js: '/* With uPlot: Copyright (c) Leon Sorokin, MIT License, github.com/leeoniya/uPlot */' },
  tsconfig: `${from}tsconfig.json`,
});

mkdirSync(to, { recursive: true });
const names = {};
for (const { path: file, contents } of outputFiles) {
  names[path.basename(file).split('.')[0]] = path.basename(file);
  writeFileSync(file, contents);
  writeFileSync(`${file}.br`, brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  writeFileSync(`${file}.gz`, gzipSync(contents, { level: 9 }));
}
const html = readFileSync(`${from}index.html`, 'utf8');
writeFileSync(
  `${to}index.html`,
  html.replace(/\{\{(\w+)\}\}/g, (_all, name) => `/page/${names[name]}`),
);
