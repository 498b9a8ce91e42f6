import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Where the build puts the page (src/page/bundle.mjs); the same path from src/, where tests run, and from dist/. */
export const PAGE_FOLDER = new URL('../../dist/page/site/', import.meta.url);

/** How a file may be sent, the smallest first. */
const ENCODINGS = ['br', 'gzip', 'identity'] as const;

type Encoding = (typeof ENCODINGS)[number];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A file of the page in all encodings. */
export interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly bodies: Readonly<Record<Encoding, Buffer>>;
}

/** The page, read whole. */
export interface PageFiles {
  readonly html: PageFile;
  /** What it loads, by name. The names hold a digest of the content. */
  readonly assets: ReadonlyMap<string, PageFile>;
}

/**
 * Reads the page; all of it is some hundred kB.
 *
 * @param attributes set on the `html` element, for the script to read: there is no inline script that could say it
 */
export function readPageFiles(folder: URL, attributes: Readonly<Record<string, string>>): PageFiles {
  const read = (name: string): Buffer => readFileSync(new URL(name, folder));
  const stated = Object.entries(attributes).map(([name, value]) => ` data-${name}="${value}"`);
  const html = Buffer.from(
    read('index.html')
      .toString()
      .replace('<html', `<html${stated.join('')}`),
  );
  const names = readdirSync(folder).filter((name) => name !== 'index.html' && !/\.(br|gz)$/.test(name));
  return {
    html: pageFile('.html', { br: brotliCompressSync(html), gzip: gzipSync(html), identity: html }),
    assets: new Map(
      names.map((name) => {
        const bodies = { br: read(`${name}.br`), gzip: read(`${name}.gz`), identity: read(name) };
        return [name, pageFile(path.extname(name), bodies)];
      }),
    ),
  };
}

function pageFile(extension: string, bodies: PageFile['bodies']): PageFile {
  const etag = createHash('sha256').update(bodies.identity).digest('base64url').slice(0, 16);
  // Weak: it stands for the file in whatever encoding.
  return { type: TYPES[extension]!, etag: `W/"${etag}"`, bodies };
}

/** The best encoding that an Accept-Encoding takes (RFC 9110 §12.5.3); a wildcard is no wish for any. */
export function encodingFor(accepted: string | undefined): Encoding {
  const wanted = (accepted ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.split(';').map((part) => part.trim()))
    .filter(([, quality]) => !/^q=0(\.0*)?$/.test(quality ?? ''))
    .map(([name]) => name);
  return ENCODINGS.find((encoding) => wanted.includes(encoding)) ?? 'identity';
}
