import { Inject, Injectable } from '@nestjs/common';
import { WINDOW_STORE, type WindowStore } from './window-store.js';

/** A store that takes longer than this to tell the time counts as away. */
const ANSWER_MS_MAX = 1_000;

/** Whether the store answers. Without it there is nothing to take requests for. */
@Injectable()
export class StoreHealth {
  readonly name = 'store';
  readonly gatesReadiness = true;

  constructor(@Inject(WINDOW_STORE) private readonly store: WindowStore) {}

  async check(): Promise<{ up: boolean; details: Record<string, unknown> }> {
    const { durable } = this.store;
    const details = durable
      ? { durable }
      : { durable, message: 'embedded: what waits is lost if this process is killed' };
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX);
    });
    try {
      await Promise.race([this.store.now(), tooLong]);
      return { up: true, details };
    } catch (error) {
      return { up: false, details: { ...details, message: (error as Error).message } };
    } finally {
      clearTimeout(timer);
    }
  }
}
