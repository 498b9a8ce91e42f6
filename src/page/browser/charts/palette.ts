/** The colours of the charts, which a canvas cannot take from the style sheet by itself. */
export interface Palette {
  readonly axis: string;
  readonly grid: string;
  readonly measure: string;
  readonly band: string;
  readonly count: string;
  readonly sample: string;
  readonly unique: string;
}

const NAMES = ['axis', 'grid', 'measure', 'band', 'count', 'sample', 'unique'] as const;

let current: Palette | undefined;
const listeners = new Set<() => void>();

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  current = undefined;
  for (const listener of listeners) listener();
});

/** Those of the scheme that is in force. */
export function palette(): Palette {
  if (!current) {
    const style = getComputedStyle(document.documentElement);
    const read = NAMES.map((name) => [name, style.getPropertyValue(`--chart-${name}`).trim()] as const);
    current = Object.fromEntries(read) as unknown as Palette;
  }
  return current;
}

/** Calls back whenever they change. */
export function onPaletteChange(listener: () => void): void {
  listeners.add(listener);
}
