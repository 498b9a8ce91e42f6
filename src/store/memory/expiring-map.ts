interface Entry<V> {
  readonly key: string;
  value: V;
  expiresAt: number;
  /** Up to when the sweep may leave it alone; {@link expiresAt} may have moved since. */
  sweepAt: number;
  next: Entry<V> | undefined;
}

/**
 * A map whose entries end at an instant each. An entry that has ended is never seen; its memory is given back by
 * {@link sweep} and by {@link set}, a few entries a call and without timers, in the order in which they were put in.
 * (An entry with a short life behind one with a long life so waits for that one; it is freed late, never not.)
 */
export class ExpiringMap<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private head: Entry<V> | undefined;
  private tail: Entry<V> | undefined;

  /** How many entries take up memory, ended ones that were not yet swept included. */
  get size(): number {
    return this.entries.size;
  }

  /** The value of an entry that has not ended by `nowMs`. */
  get(key: string, nowMs: number): V | undefined {
    const entry = this.entries.get(key);
    return entry && entry.expiresAt > nowMs ? entry.value : undefined;
  }

  /** Puts an entry in, or gives it a new value and end. Sweeps two others, so that what ends keeps up with what comes. */
  set(key: string, value: V, expiresAt: number, nowMs: number): void {
    const held = this.entries.get(key);
    if (held) {
      held.value = value;
      held.expiresAt = expiresAt;
    } else {
      const entry: Entry<V> = { key, value, expiresAt, sweepAt: expiresAt, next: undefined };
      this.entries.set(key, entry);
      this.enqueue(entry);
    }
    this.sweep(nowMs, 2);
  }

  /** Frees ended entries, looking at no more than `limit` of them. */
  sweep(nowMs: number, limit: number): void {
    for (let entry = this.head; entry && entry.sweepAt <= nowMs && limit > 0; entry = this.head, limit--) {
      this.head = entry.next;
      if (!this.head) this.tail = undefined;
      if (entry.expiresAt <= nowMs) {
        this.entries.delete(entry.key);
      } else {
        entry.sweepAt = entry.expiresAt;
        entry.next = undefined;
        this.enqueue(entry);
      }
    }
  }

  private enqueue(entry: Entry<V>): void {
    if (this.tail) this.tail.next = entry;
    else this.head = entry;
    this.tail = entry;
  }
}
