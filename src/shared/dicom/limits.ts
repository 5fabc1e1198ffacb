/**
 * How much one object may be made of. Edge router and archive ask the same numbers, so that what one acknowledges the
 * other can file.
 */

/** Sequences inside sequences deeper than this are an attack, not a report. */
export const maxDepth = 128;
/** Attributes and items of one object. A whole-slide image of 50,000 tiles stays below. */
export const maxElements = 1_000_000;
export const maxFragments = 2_000_000;
/**
 * What the header of one object may cost as metadata: its inline values, and for each attribute and item what names it.
 * Bytes.
 */
export const maxHeaderBytes = 64 << 20;
/** From here on a header's longer values are left where they are and become bulk data. Bytes. */
export const fullHeaderBytes = 16 << 20;
/** What a value that stays inline in a full header may have. Bytes. */
export const fullInlineBytes = 256;
/** What an attribute or an item costs beside its value, and one more for each level of its path when it is bulk. Bytes. */
export const elementCost = 40;
export const bulkCost = 300;
export const pathCost = 12;
/** A deflated data set is inflated this far to find its header; what is behind stays packed. Bytes. */
export const inflateLimit = 16 << 20;
/**
 * What is unpacked of a deflated data set for one who asks, as a whole or in one value: half a megabyte holds gigabytes. What is larger
 * can be had as it is stored. Bytes.
 */
export const unpackLimit = 32 << 20;
/** Nothing larger is an image that anyone sends. Bytes of the data set. */
export const dataSetLimit = 8 * 2 ** 30;
/** A value that names the object is shorter; a longer one names nothing. Bytes. */
export const identityBytes = 256;
