/** A point in time that can be waited for. Cancel it, or it keeps the process. */
export interface Deadline {
  readonly passed: Promise<void>;
  readonly isPast: boolean;
  cancel(): void;
}

/** @param withinMs from now, by a timer: shutdown is told to end in real time */
export function deadline(withinMs: number): Deadline {
  let isPast = false;
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isPast = true;
      resolve();
    }, withinMs);
  });
  return {
    passed,
    get isPast() {
      return isPast;
    },
    cancel: () => clearTimeout(timer),
  };
}
