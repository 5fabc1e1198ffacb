import { formatPersonName } from "./person-name.ts";

/**
 * Reads attributes of the DICOM JSON model by tag. The other reader knows keywords too, but needs the whole dictionary,
 * which a browser should not load.
 *
 * @see DICOM PS3.18 Annex F
 */
export type JsonName = { Alphabetic?: string; Ideographic?: string; Phonetic?: string };
export type JsonElement = { vr?: string; Value?: unknown[]; InlineBinary?: string; BulkDataURI?: string };
export type Attributes = { readonly [tag: string]: JsonElement | undefined };

/** First value as trimmed text, null when absent or empty. */
export function text(attributes: Attributes, tag: string): string | null {
  return texts(attributes, tag)[0] ?? null;
}

/** All values as trimmed text; empty ones are left out. */
export function texts(attributes: Attributes, tag: string): string[] {
  const values: string[] = [];
  for (const value of attributes[tag]?.Value ?? [])
    if (typeof value === "string" || typeof value === "number") {
      const trimmed = String(value).trim();
      if (trimmed) values.push(trimmed);
    }
  return values;
}

/** First value as a finite number, null when there is none. DS and IS may come as text. */
export function number(attributes: Attributes, tag: string): number | null {
  return numbers(attributes, tag)[0] ?? null;
}

/** All values as numbers; none when one of them is not a number, since half a vector is useless. */
export function numbers(attributes: Attributes, tag: string): number[] {
  const result: number[] = [];
  for (const value of attributes[tag]?.Value ?? []) {
    const parsed =
      typeof value === "number" ? value : typeof value === "string" && value.trim() ? Number(value) : Number.NaN;
    if (!Number.isFinite(parsed)) return [];
    result.push(parsed);
  }
  return result;
}

/** Items of a sequence. */
export function items(attributes: Attributes, tag: string): Attributes[] {
  return (attributes[tag]?.Value ?? []).filter(
    (item): item is Attributes => typeof item === "object" && item !== null && !Array.isArray(item),
  );
}

/** A person's name for display: `"YAMADA, Tarou · 山田 太郎"`; null for one without letters. */
export function personName(attributes: Attributes, tag: string): string | null {
  const value = attributes[tag]?.Value?.[0];
  if (typeof value === "string") return formatPersonName(value) || null;
  if (typeof value !== "object" || value === null) return null;
  const { Alphabetic, Ideographic, Phonetic } = value as JsonName;
  return formatPersonName({ alphabetic: Alphabetic, ideographic: Ideographic, phonetic: Phonetic }) || null;
}
