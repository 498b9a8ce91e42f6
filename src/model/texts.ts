/** Different texts, each kept once and numbered from 0 on, in order of first arrival. */
export class Texts {
  private readonly numbers = new Map<string, number>();

  /** The number of a text; a new one gets the next. */
  numberOf(text: string): number {
    const held = this.numbers.get(text);
    if (held !== undefined) return held;
    const number = this.numbers.size;
    this.numbers.set(text, number);
    return number;
  }

  /** The number of a text that was met before; -1 for another. */
  find(text: string): number {
    return this.numbers.get(text) ?? -1;
  }
}

/** A function that remembers what it made of each text: a window has thousands of series of a few names. */
export function remembered<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    let of = made.get(text);
    if (of === undefined) made.set(text, (of = make(text)));
    return of;
  };
}
