import { StoreUnavailableError } from '../window-store.js';

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends items together: while a group is on its way, what comes meanwhile waits and goes together in the next, so that the
 * busier Redis is, the more each call takes along. What waits is bounded by what the receiver lets in.
 */
export class Groups<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private inFlight = false;

  /**
   * @param together sends a group, and gives an answer for each of it in the same order
   * @param sizeOf how many of those that wait go together, at least 1
   */
  constructor(
    private readonly together: (group: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly sizeOf: (waiting: readonly Item[]) => number,
  ) {}

  /** @throws what the group that took it along threw */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      // Not at once: what comes in the same turn of the event loop goes along.
      if (!this.inFlight) {
        this.inFlight = true;
        setImmediate(() => void this.run());
      }
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.send(this.waiting.splice(0, this.sizeOf(this.waiting.map(({ item }) => item))));
    }
    this.inFlight = false;
  }

  private async send(group: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.together(group.map(({ item }) => item));
      group.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      if (group.length > 1 && !(error instanceof StoreUnavailableError)) {
        // Something about one of them: the others must not suffer for it.
        this.waiting.unshift(...group);
        for (let left = group.length; left > 0 && this.waiting.length > 0; left--)
          await this.send(this.waiting.splice(0, 1));
        return;
      }
      for (const { reject } of group) reject(error);
      // Those behind would only learn the same a time-out later, and their senders do not wait that long.
      if (error instanceof StoreUnavailableError) for (const { reject } of this.waiting.splice(0)) reject(error);
    }
  }
}
