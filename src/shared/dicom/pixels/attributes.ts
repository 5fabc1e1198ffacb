/**
 * What is read of an image: DICOM JSON (PS3.18 Annex F), by tag. Looser than `DicomJson`, and without the dictionary,
 * because a browser reads it too.
 */
export type PixelAttributes = {
  readonly [tag: string]:
    | {
        readonly vr?: string | undefined;
        readonly Value?: readonly unknown[] | undefined;
        readonly InlineBinary?: string | undefined;
        readonly BulkDataURI?: string | undefined;
      }
    | undefined;
};

/** Bytes of a bulk value by its BulkDataURI; undefined when they are not available. */
export type BulkLookup = (uri: string) => Uint8Array | undefined;

/** All values that are finite numbers; none when one is not. */
export function numbers(attributes: PixelAttributes, tag: string): number[] {
  const found: number[] = [];
  for (const value of attributes[tag]?.Value ?? []) {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number !== "number" || !Number.isFinite(number)) return [];
    found.push(number);
  }
  return found;
}

export const number = (attributes: PixelAttributes, tag: string): number | undefined => numbers(attributes, tag)[0];

/** The first value as text without padding. */
export function text(attributes: PixelAttributes, tag: string): string | undefined {
  const value = attributes[tag]?.Value?.[0];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

export function items(attributes: PixelAttributes, tag: string): PixelAttributes[] {
  const values = attributes[tag]?.Value ?? [];
  return values.filter((item): item is PixelAttributes => typeof item === "object" && item !== null);
}

/** The bytes of a binary value, little endian, wherever they stand. */
export function bytes(attributes: PixelAttributes, tag: string, bulk: BulkLookup): Uint8Array | undefined {
  const element = attributes[tag];
  if (element?.BulkDataURI) return bulk(element.BulkDataURI);
  if (!element?.InlineBinary) return undefined;
  return Uint8Array.from(atob(element.InlineBinary), (character) => character.charCodeAt(0));
}
