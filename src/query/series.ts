import { type Kind, type KindName, kindName } from '../model/kind.js';
import { murmurHash } from '../model/murmur-hash.js';

/** 66 bits, in base64url. */
const ID_LENGTH = 11;

/** What one tenant has measured under one kind, name, source, unit and resolution: the same object in all windows. */
export class Series {
  /** In how many windows it is. */
  windows = 0;
  private hash: string | undefined;

  /**
   * @param source '' where there is none, as for `unit`
   * @param resolutionSeconds of its windows
   * @param key from {@link seriesKey}
   */
  constructor(
    readonly kind: Kind,
    readonly name: string,
    readonly source: string,
    readonly unit: string,
    readonly resolutionSeconds: number,
    readonly key: string,
  ) {}

  get kindName(): KindName {
    return kindName(this.kind);
  }

  /**
   * Stands for it in requests, of any time and any process. Who makes names up so that two have the same gets both for it:
   * they are a tenant's own.
   */
  get id(): string {
    return (this.hash ??= murmurHash(this.key).slice(0, ID_LENGTH));
  }
}

/** Tells series of a tenant apart, whatever characters their texts have. */
export function seriesKey(kind: Kind, name: string, source: string, unit: string, resolutionSeconds: number): string {
  return `${kind} ${resolutionSeconds} ${name.length} ${source.length} ${name}${source}${unit}`;
}

/** By name, then source, unit, kind and resolution, each by code unit. */
export function inOrder(a: Series, b: Series): number {
  return (
    compare(a.name, b.name) ||
    compare(a.source, b.source) ||
    compare(a.unit, b.unit) ||
    compare(a.kindName, b.kindName) ||
    a.resolutionSeconds - b.resolutionSeconds
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
