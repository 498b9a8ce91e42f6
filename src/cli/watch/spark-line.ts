const BARS = '▁▂▃▄▅▆▇█';

/**
 * A line of bars, from the least of its values to the greatest; a space where a window has none.
 *
 * @param values by their place from 0 on; those elsewhere are not shown
 */
export function sparkLine(values: ReadonlyMap<number, number>, width: number): string {
  const shown = [...values].filter(([place]) => place >= 0 && place < width).map(([, value]) => value);
  const [min, max] = [Math.min(...shown), Math.max(...shown)];
  return Array.from({ length: width }, (_, place) => {
    const value = values.get(place);
    if (value === undefined) return ' ';
    // Of values that are all the same none is low or high. Halved, since the span may be past the greatest double.
    const height = max > min ? (value / 2 - min / 2) / (max / 2 - min / 2) : 0.5;
    return BARS[Math.round(height * (BARS.length - 1))];
  }).join('');
}
