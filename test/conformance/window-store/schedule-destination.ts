/** A window's points, whatever is in it: enough for a delivery to stop half-way. */
export const POINTS_PER_WINDOW = 3;

/**
 * A destination that remembers everything, and what it must have got in the end. A batch is a text; every batch has a
 * share in each point of its window.
 */
export class RememberingDestination {
  /** Batches that the store acknowledged, by window. */
  private readonly acknowledged = new Map<string, Set<string>>();
  /** Batches that are stored, though nobody was told. */
  private readonly allowed = new Set<string>();
  /** What each point of each window said last. */
  private readonly lastSaid = new Map<string, readonly string[]>();
  /** How often a batch's share in a point was delivered. */
  private readonly deliveries = new Map<string, number>();
  /** How often that may be more than once, because an outlet could not tell the store of it. */
  private readonly unrecorded = new Map<string, number>();

  constructor(private readonly adds: boolean) {}

  /** The store has said that it has this batch. @param window the batch's own one, which it need not come in where it adds */
  acknowledge(window: string, batch: string): void {
    this.acknowledged.set(window, (this.acknowledged.get(window) ?? new Set()).add(batch));
  }

  /** The store has this batch, but its answer was lost: it may be delivered or not. */
  allow(batch: string): void {
    this.allowed.add(batch);
  }

  /** One POST of one point. */
  post(window: string, point: number, batches: readonly string[]): void {
    this.lastSaid.set(`${window} ${point}`, batches);
    for (const batch of batches) bump(this.deliveries, `${batch} ${point}`);
  }

  /** A POST that nobody could record: it may come once more. */
  lost(point: number, batches: readonly string[]): void {
    for (const batch of batches) bump(this.unrecorded, `${batch} ${point}`);
  }

  /** Whether everything that was acknowledged has arrived as it must. */
  check(): void {
    for (const [window, batches] of this.acknowledged) {
      for (let point = 0; point < POINTS_PER_WINDOW; point++) {
        if (this.adds) for (const batch of batches) this.checkOnce(window, `${batch} ${point}`);
        else this.checkWhole(window, point, batches);
      }
    }
    const known = new Set([...this.allowed, ...[...this.acknowledged.values()].flatMap((batches) => [...batches])]);
    for (const share of this.deliveries.keys()) {
      if (!known.has(share.split(' ')[0]!)) throw new Error(`${share} was delivered, but never acknowledged`);
    }
  }

  private checkWhole(window: string, point: number, batches: ReadonlySet<string>): void {
    const said = this.lastSaid.get(`${window} ${point}`) ?? [];
    const missing = [...batches].filter((batch) => !said.includes(batch));
    const more = said.filter(
      (batch, i) => !(batches.has(batch) || this.allowed.has(batch)) || said.indexOf(batch) !== i,
    );
    if (missing.length > 0 || more.length > 0) {
      throw new Error(`point ${point} of window ${window} said [${said.join()}] last: [${missing.join()}] is missing`);
    }
  }

  private checkOnce(window: string, share: string): void {
    const times = this.deliveries.get(share) ?? 0;
    const most = 1 + (this.unrecorded.get(share) ?? 0);
    if (times < 1 || times > most) {
      throw new Error(`${share} of window ${window} was delivered ${times} times, not 1 to ${most}`);
    }
  }
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
