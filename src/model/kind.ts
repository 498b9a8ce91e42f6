/** The kinds of metric a log line can hold. The numbers stand in the batch encoding (batch-format.ts) and never change. */
export const Kind = { count: 0, measure: 1, sample: 2, unique: 3 } as const;

/** A number of {@link Kind}. */
export type Kind = (typeof Kind)[keyof typeof Kind];

/** What a kind is called, in requests and answers. */
export type KindName = keyof typeof Kind;

/** The names of all kinds. */
export const KIND_NAMES = Object.keys(Kind) as readonly KindName[];

const NAMES = Object.fromEntries(Object.entries(Kind).map(([name, kind]) => [kind, name])) as Readonly<
  Record<Kind, KindName>
>;

/** The name of a kind. */
export function kindName(kind: Kind): KindName {
  return NAMES[kind];
}

/** Values beyond this are refused: Librato answers 400 for the whole request above 1e126. */
export const MAX_ABSOLUTE_VALUE = 1e126;

/** Longest metric name and longest source, in bytes of UTF-8, prefixes included (Librato's limit). */
export const MAX_NAME_BYTES = 255;

/** Longest unit in bytes. */
export const MAX_UNIT_BYTES = 16;
