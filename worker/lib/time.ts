/** Time between two looks at the clock. No I/O. */

/**
 * Whole ms from one epoch time to another, up to 24 days. As an integer: of the difference of two large numbers V8 makes a
 * float, and stored beside integers that made it compile `mappingOf` anew seven times a second, for ever.
 */
export const msBetween = (from: number, to: number): number => (to - from) | 0;
