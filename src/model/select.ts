/**
 * The k-th smallest of `values[left..right]` (k counts from 0 in the same index space), by Floyd and Rivest's SELECT
 * (CACM 18(3), 1975, algorithm 489). Reorders `values` in place so that everything before k is no larger and everything
 * after it is no smaller; n + O(√n) comparisons on average, where sorting costs n·log n.
 *
 * @param values numbers without NaN
 */
export function select(values: Float64Array, k: number, left = 0, right = values.length - 1): number {
  while (right > left) {
    // 600 and the constants of the sample below are the paper's.
    if (right - left > 600) {
      const n = right - left + 1;
      const i = k - left + 1;
      const z = Math.log(n);
      const s = 0.5 * Math.exp((2 * z) / 3);
      const sd = 0.5 * Math.sqrt((z * s * (n - s)) / n) * (i < n / 2 ? -1 : 1);
      const newLeft = Math.max(left, Math.floor(k - (i * s) / n + sd));
      const newRight = Math.min(right, Math.floor(k + ((n - i) * s) / n + sd));
      select(values, k, newLeft, newRight);
    }
    const t = values[k]!;
    let i = left;
    let j = right;
    swap(values, left, k);
    if (values[right]! > t) swap(values, right, left);
    while (i < j) {
      swap(values, i, j);
      i++;
      j--;
      while (values[i]! < t) i++;
      while (values[j]! > t) j--;
    }
    if (values[left] === t) swap(values, left, j);
    else swap(values, ++j, right);
    if (j <= k) left = j + 1;
    if (k <= j) right = j - 1;
  }
  return values[k]!;
}

function swap(values: Float64Array, a: number, b: number): void {
  const held = values[a]!;
  values[a] = values[b]!;
  values[b] = held;
}
