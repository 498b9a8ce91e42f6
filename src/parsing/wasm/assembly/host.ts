// What is asked of the other half, rarely.

/** What Number() makes of bytes[at..end). */
export declare function numberOf(at: usize, end: usize): f64;

/** Takes note of a metric that is not taken. @param reason its place in MEASUREMENT_REJECTIONS */
export declare function reject(at: usize, reason: i32): void;

/** The place of the window of an instant, in s, in order of first arrival. */
export declare function openWindow(seconds: f64): i32;

/** Takes note of messages that a sender has lost. @param code 0: L10, 1: L12, 2: L13 */
export declare function lost(code: i32, messages: f64): void;
