/*
 * What lies where in the memory that the parser's two halves share, in bytes from its beginning. Both compilers read this
 * file; the numbers have no types, so that each gives them its own. Only what was ever written to takes up RAM.
 */

/** The largest body; bodies begin at 0. */
export const BODY_BYTES_MAX = 33554432;

/** So many bytes behind the body can be read, as zeros, so that no look-ahead needs a bounds check of its own. */
export const PADDING_BYTES = 512;

/** What the WebAssembly compiler puts into memory itself: constants. asconfig.json says the same. */
export const STATICS_AT = 33558528;

/** Fields of {@link STATE_AT}: how many buckets there are, values, messages, and measurements of each kind. */
export const STATE_AT = 33624064;
export const STATE_SLOT_COUNT = 0;
export const STATE_VALUE_COUNT = 4;
export const STATE_MESSAGES = 8;
export const STATE_BY_KIND = 16;

/** The metrics of the line at hand: at most so many. */
export const PENDING_MAX = 8192;
export const PENDING_VALUES_AT = 33628160;
export const PENDING_KINDS_AT = 33693696;
export const PENDING_NAMES_AT = 33726464;
export const PENDING_UNITS_AT = 33759232;
export const PENDING_OFFSETS_AT = 33792000;

/** Windows of one body: how many measurements each has, and its chain of slots. */
export const WINDOWS_MAX = 65536;
export const WINDOW_MEASUREMENTS_AT = 33824768;
export const WINDOW_FIRST_SLOTS_AT = 34086912;
export const WINDOW_LAST_SLOTS_AT = 34349056;

/** Buckets of one body, as register.ts describes them. */
export const SLOTS_MAX = 65536;
export const SLOTS_AT = 34611200;
export const SLOT_NUMBERS_AT = 36708352;
export const SLOT_TIMES_AT = 37232640;
export const SLOT_TABLE_AT = 37756928;

/** Values of measurements, and hashes of strings, in order of arrival. */
export const VALUES_MAX = 262144;
export const VALUES_AT = 38281216;
export const VALUE_SLOTS_AT = 40378368;

/** One interner after another: names, sources, units. Within one: so many texts, of so many bytes. */
export const INTERNERS_AT = 41426944;
export const INTERNER_BYTES = 22609920;
export const TEXTS_MAX = 131072;
export const TEXT_BYTES_MAX = 16777216;
/** Fields of an interner: how many texts, how many words of them, and the table's length less one. */
export const INTERNER_SIZE = 0;
export const INTERNER_WORDS = 4;
export const INTERNER_MASK = 8;
/**
 * An entry for each text: its hash, its length, where its words begin; and for the batch that is written, in which one it was last,
 * and as which index.
 */
export const INTERNER_ENTRIES = 1024;
export const ENTRY_BYTES = 32;
export const ENTRY_HASH = 0;
export const ENTRY_LENGTH = 4;
export const ENTRY_WORD = 8;
export const ENTRY_BATCH = 12;
export const ENTRY_INDEX = 16;
export const INTERNER_TABLE = 4195328;
export const INTERNER_TEXTS = 5243904;

/** The values, those of a slot side by side; and where those of each slot end. */
export const SORTED_VALUES_AT = 109256704;
export const VALUE_ENDS_AT = 111353856;

/** The prefixes of names and of sources, with their dots; each at most so long. */
export const NAME_PREFIX_AT = 111616000;
export const SOURCE_PREFIX_AT = 111618048;
export const PREFIX_BYTES_MAX = 2048;

/** The batch that is written: at most so long. */
export const OUTPUT_AT = 111620096;
export const OUTPUT_BYTES_MAX = 8388608;

/** All of it, in pages of 64 KiB. */
export const PAGES = 1832;
