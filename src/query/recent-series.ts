import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { readSummary, type SeriesSummary } from '../model/window-summary.js';
import { type RecentWindow, type TenantId, WINDOW_STORE, type WindowStore } from '../store/window-store.js';
import type { Series } from './series.js';
import { type SeriesWindow, TenantWindows } from './tenant-windows.js';

/** What all tenants may take in memory, about, in bytes; one of them alone may take all of it. */
export const CACHE_BYTES = 64 * 1024 * 1024;

/** A summary does not inflate to more, in bytes: a hundred times what one of 10,000 series has is none of ours. */
const SUMMARY_BYTES_MAX = 64 * 1024 * 1024;

/** Up to so many bytes, a fraction of a ms, it is quicker to inflate a summary than to have it done. */
const SYNC_BYTES_MAX = 8 * 1024;

/** Summaries that are inflated from one turn of the event loop to the next, bytes: a few ms with what is made of them. */
const BYTES_AT_ONCE = 16 * 1024;

/** Summaries are read from the store in pieces of so many bytes, one summary more or less. */
const READ_BYTES = 1024 * 1024;

const inflate = promisify<Uint8Array, ZlibOptions, Buffer>(inflateRaw);

/** What was delivered for a tenant lately, as it stood at one instant. */
export interface Recent {
  /** The store's clock, ms since the epoch. */
  readonly nowMs: number;
  /** In order, see inOrder. */
  readonly series: readonly Series[];
  /** The earliest first. */
  readonly windows: readonly SeriesWindow[];
}

/**
 * Reads what the store has kept of a tenant, and remembers it decoded: while somebody watches, only what has been delivered since
 * is read. Where there is no room for all, the tenant goes that nobody has asked for the longest.
 */
@Injectable()
export class RecentSeries {
  /** By when they were last asked for, longest ago first; without those that are being loaded. */
  private readonly tenants = new Map<TenantId, TenantWindows>();
  private readonly loads = new Map<TenantId, Promise<Recent>>();
  private bytes = 0;
  /** Tenants are decoded one after another: of many at once, none would count as held yet. */
  private decoding = Promise.resolve();

  constructor(
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
    @Optional() private readonly cacheBytes = CACHE_BYTES,
  ) {}

  /**
   * What there is of a tenant; those who ask at once share what is read.
   *
   * @throws StoreUnavailableError
   */
  of(tenant: TenantId): Promise<Recent> {
    let load = this.loads.get(tenant);
    if (!load) {
      load = this.load(tenant).finally(() => this.loads.delete(tenant));
      this.loads.set(tenant, load);
    }
    return load;
  }

  private async load(tenant: TenantId): Promise<Recent> {
    const { nowMs, windows } = await this.store.recent(tenant);
    const held = this.take(tenant);
    try {
      held.retain(windows);
      if (windows.some((window) => held.wants(window))) {
        await (this.decoding = this.decoding.catch(() => undefined).then(() => this.decode(tenant, held, windows)));
      }
      return { nowMs, series: held.series, windows: held.windows };
    } finally {
      this.put(tenant, held);
    }
  }

  /** Decodes what is missing, the latest first: what is too much for the cache are the earliest. */
  private async decode(tenant: TenantId, held: TenantWindows, windows: readonly RecentWindow[]): Promise<void> {
    const latestFirst = [...windows].sort((a, b) => b.startSeconds - a.startSeconds);
    for (;;) {
      const piece: RecentWindow[] = [];
      for (let bytes = 0; bytes < READ_BYTES && latestFirst.length > 0;) {
        const window = latestFirst.shift()!;
        if (!held.wants(window)) continue;
        piece.push(window);
        bytes += window.bytes;
      }
      if (piece.length === 0) return;
      let bytes = 0;
      for (const [i, summary] of (await this.store.readRecent(tenant, piece)).entries()) {
        // One that is gone meanwhile is not asked for again; one that cannot be read is held as an empty one.
        if (!summary || !held.wants(piece[i]!)) continue;
        const points = await pointsOf(summary);
        bytes += summary.length;
        if (bytes > BYTES_AT_ONCE) {
          await nextTurn();
          bytes = 0;
        }
        held.add(piece[i]!, points);
        held.shrinkTo(this.cacheBytes);
      }
    }
  }

  /** Takes a tenant's windows out of the cache, to be changed. */
  private take(tenant: TenantId): TenantWindows {
    const held = this.tenants.get(tenant);
    if (!held) return new TenantWindows();
    this.tenants.delete(tenant);
    this.bytes -= held.bytes;
    return held;
  }

  private put(tenant: TenantId, held: TenantWindows): void {
    if (held.bytes === 0) return;
    this.tenants.set(tenant, held);
    this.bytes += held.bytes;
    for (const other of this.tenants.keys()) {
      if (this.bytes <= this.cacheBytes) return;
      this.take(other);
    }
  }
}

/** The points of a summary as the store has it; none if it is damaged, or a later release wrote it. */
async function pointsOf(summary: Uint8Array): Promise<SeriesSummary[]> {
  try {
    const limit = { maxOutputLength: SUMMARY_BYTES_MAX };
    return readSummary(
      summary.length > SYNC_BYTES_MAX ? await inflate(summary, limit) : inflateRawSync(summary, limit),
    );
  } catch {
    return [];
  }
}
