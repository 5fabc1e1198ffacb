/**
 * Limits of one object. Edge router and archive use the same numbers, so that the archive accepts what the edge has
 * acknowledged.
 */

/** Deeper nesting is an attack, not a report. */
export const maxDepth = 128;
/** Attributes and items of one object. A whole-slide image of 50,000 tiles stays below. */
export const maxElements = 1_000_000;
export const maxFragments = 2_000_000;
/** The metadata size of one object's header: its inline values, and a fixed cost for each attribute and item. Bytes. */
export const maxHeaderBytes = 64 << 20;
/** Above this size a header's longer values are left in place and become bulk data. Bytes. */
export const fullHeaderBytes = 16 << 20;
/** The longest inline value in such a header. Bytes. */
export const fullInlineBytes = 256;
/** The cost of an attribute or item beside its value, and once more per nesting level when it is bulk. Bytes. */
export const elementCost = 40;
export const bulkCost = 300;
export const pathCost = 12;
/** A deflated data set is inflated this far to find its header. Bytes. */
export const inflateLimit = 16 << 20;
/**
 * The most that is inflated of a deflated data set for one request, as a whole or for one value: half a megabyte may
 * expand to gigabytes. A larger one can be retrieved as stored. Bytes.
 */
export const unpackLimit = 32 << 20;
/** No real image is larger. Bytes of the data set. */
export const dataSetLimit = 8 * 2 ** 30;
/** UIDs are shorter; a longer value is invalid. Bytes. */
export const identityBytes = 256;
