/** A row of a table that the console destination printed, by the titles of its columns, and the start of its window. */
export interface PrintedRow {
  /** s since the epoch */
  readonly start: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** Reads what the console destination printed. Text stands at the left of a column, numbers at its right. */
export function printedRows(stdout: string): PrintedRow[] {
  return stdout.split('\n\n').flatMap((table) => {
    const [heading, titles, ...rows] = table.split('\n').filter((line) => line !== '');
    const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)–.* UTC/.exec(heading ?? '');
    if (!time || titles === undefined) return [];
    const start = Date.parse(`${time[1]}T${time[2]}Z`) / 1000;
    const columns = [...titles.matchAll(/\S+/g)].map(({ 0: title, index }) => ({
      title,
      index,
      end: index + title.length,
    }));
    return rows.map((row) => {
      const words = [...row.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ word, index, end: index + word.length }));
      const cells = columns.map(({ title, index, end }) => {
        const found = words.find((word) => word.index === index || word.end === end);
        return [title, found?.word ?? ''] as const;
      });
      return { start, cells: Object.fromEntries(cells) };
    });
  });
}
