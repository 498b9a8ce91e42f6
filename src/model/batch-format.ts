/**
 * The encoding of a WindowBatch: the buckets of one request for one window, as the store keeps it.
 *
 *     batch    = version:u8 record*
 *     record   = head:u8 name:text source:text unit:text payload
 *     head     = kind (low 4 bits) | 0x10 a negative count was seen | 0x20 sketched: the values are not exact
 *     text     = 0 length bytes       a string not met before in this batch; it gets the next index, from 1
 *              | index + 1            one met before; index 0 is the empty string
 *     payload  = count: sum:f64 | sample: value:f64 atUs:f64
 *              | measure: n value:f64*n
 *              | measure, sketched: n sum:f64 min:f64 max:f64 zero bins(positive) bins(negative)
 *              | unique: n hash:f64*n | unique, sketched: register:u8*16384
 *     bins     = n (delta of bin, zigzag; count)*n
 *
 * Whole numbers are LEB128, f64 is little-endian, text is UTF-8 (what is not valid is read as U+FFFD).
 */
export const BATCH_VERSION = 1;

/** In a record's head: a negative count was seen. */
export const SEEN_NEGATIVE = 0x10;

/** In a record's head: a sketch stands for a distribution's values, or registers for the hashes of strings. */
export const IS_SKETCH = 0x20;
