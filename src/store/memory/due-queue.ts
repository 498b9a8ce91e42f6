/**
 * Names with an instant each, earliest first: a binary heap that knows where each name is, so that one can be moved or
 * taken out. Looking for what is due costs by how much is due, not by how many there are.
 */
export class DueQueue {
  private readonly names: string[] = [];
  private readonly instants: number[] = [];
  private readonly places = new Map<string, number>();

  /** How many names there are. */
  get size(): number {
    return this.names.length;
  }

  /** When a name is due, ms since the epoch; undefined if it is not in the queue. */
  at(name: string): number | undefined {
    const place = this.places.get(name);
    return place === undefined ? undefined : this.instants[place];
  }

  /** Puts a name in, or moves it. @param at ms since the epoch */
  set(name: string, at: number): void {
    const place = this.places.get(name) ?? this.names.length;
    this.put(place, name, at);
    this.sift(place);
  }

  /** Puts a name in, or moves it if it would be due later. @param at ms since the epoch */
  lower(name: string, at: number): void {
    if (at < (this.at(name) ?? Infinity)) this.set(name, at);
  }

  delete(name: string): void {
    const place = this.places.get(name);
    if (place === undefined) return;
    this.places.delete(name);
    const lastName = this.names.pop()!;
    const lastInstant = this.instants.pop()!;
    if (place === this.names.length) return;
    this.put(place, lastName, lastInstant);
    this.sift(place);
  }

  /** Up to `limit` names that are due by `nowMs`, earliest first. They stay in the queue. */
  due(nowMs: number, limit: number): string[] {
    const taken: { name: string; at: number }[] = [];
    while (taken.length < limit && this.names.length > 0 && this.instants[0]! <= nowMs) {
      taken.push({ name: this.names[0]!, at: this.instants[0]! });
      this.delete(this.names[0]!);
    }
    for (const { name, at } of taken) this.set(name, at);
    return taken.map(({ name }) => name);
  }

  private sift(place: number): void {
    const name = this.names[place]!;
    const at = this.instants[place]!;
    for (let parent = (place - 1) >> 1; place > 0 && at < this.instants[parent]!; parent = (place - 1) >> 1) {
      this.put(place, this.names[parent]!, this.instants[parent]!);
      this.put(parent, name, at);
      place = parent;
    }
    for (;;) {
      let child = 2 * place + 1;
      if (child + 1 < this.names.length && this.instants[child + 1]! < this.instants[child]!) child++;
      if (child >= this.names.length || this.instants[child]! >= at) return;
      this.put(place, this.names[child]!, this.instants[child]!);
      this.put(child, name, at);
      place = child;
    }
  }

  private put(place: number, name: string, at: number): void {
    this.names[place] = name;
    this.instants[place] = at;
    this.places.set(name, place);
  }
}
