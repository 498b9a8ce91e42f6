/** Injection token of the list of {@link HealthPart}s that a process has. */
export const HEALTH_PARTS = Symbol('HealthParts');

/** One part of the service that can say how it is. Other folders fulfil this by its shape, without importing it. */
export interface HealthPart {
  /** Under which it stands in the answer. */
  readonly name: string;
  /** Whether the service can take no requests without it. */
  readonly gatesReadiness: boolean;
  /** How it is, now. Details hold no secrets. */
  check(): Promise<{ readonly up: boolean; readonly details: Record<string, unknown> }>;
}
