import { type Attributes, items, personName, text, texts } from "./attributes.ts";
import { measuredText } from "./measured-value.ts";
import { Tag } from "./tags.ts";

/** A line of a structured report: a heading, a value, or both; deeper lines belong to the one above. */
export type DocumentLine = { depth: number; heading: string | null; value: string | null };

export type LineOptions = {
  /** Include concept modifiers, observers, the language and references too. */
  everything?: boolean;
  /** A measurement report of a trial can have tens of thousands of items; nobody reads so many. */
  mostLines?: number;
  deepest?: number;
};

/**
 * The content tree of a structured report in reading order (PS3.3 §C.17.3).
 *
 * @returns `whole` false where deeper or further lines were omitted.
 */
export function reportLines(
  instance: Attributes,
  { everything = false, mostLines = 2000, deepest = 12 }: LineOptions = {},
): { lines: DocumentLine[]; whole: boolean } {
  const lines: DocumentLine[] = [];
  let whole = true;
  const walk = (node: Attributes, depth: number): void => {
    for (const item of items(node, Tag.ContentSequence)) {
      if (lines.length >= mostLines) {
        whole = false;
        return;
      }
      const relation = text(item, Tag.RelationshipType);
      if (!everything && (relation === "HAS CONCEPT MOD" || relation === "HAS OBS CONTEXT")) continue;
      const line = { depth, heading: codeMeaning(item, Tag.ConceptNameCodeSequence), value: wordsOf(item, everything) };
      if (line.heading !== null || line.value !== null) lines.push(line);
      if (depth < deepest) walk(item, depth + 1);
      else if (items(item, Tag.ContentSequence).length > 0) whole = false;
    }
  };
  walk(instance, 0);
  return { lines, whole };
}

/** The meaning of a code (PS3.3 §8.3), null without one. */
export function codeMeaning(attributes: Attributes, tag: string): string | null {
  const [code] = items(attributes, tag);
  return code ? text(code, Tag.CodeMeaning) : null;
}

function wordsOf(item: Attributes, everything: boolean): string | null {
  switch (text(item, Tag.ValueType)) {
    case "TEXT":
      return textOf(item, everything);
    case "NUM":
      return measuredText(item);
    case "CODE":
      return codeMeaning(item, Tag.ConceptCodeSequence);
    case "PNAME":
      return personName(item, Tag.PersonName);
    case "DATE":
      return text(item, Tag.Date);
    case "TIME":
      return text(item, Tag.Time);
    case "DATETIME":
      return text(item, Tag.DateTime);
    default:
      return everything ? pointedTo(item) : null;
  }
}

/** Leading spaces are a list's indentation (PS3.5 §6.2, UT). */
function textOf(item: Attributes, everything: boolean): string | null {
  const [written] = item[Tag.TextValue]?.Value ?? [];
  const isThere = typeof written === "string" && written.trim() !== "";
  const value = isThere ? written.replace(/^(?:[^\S\r\n]*\r?\n)+/, "").trimEnd() : null;
  // Very long text is bulk data; a note says that it exists.
  const isApart = value === null && item[Tag.TextValue]?.BulkDataURI !== undefined;
  return isApart && everything ? "(a text too long to be shown here: retrieve the instance itself)" : value;
}

/** References of an item: objects, regions in them, other items. */
function pointedTo(item: Attributes): string | null {
  switch (text(item, Tag.ValueType)) {
    case "UIDREF":
      return text(item, Tag.UID);
    case "IMAGE":
    case "COMPOSITE":
    case "WAVEFORM": {
      const named = items(item, Tag.ReferencedSOPSequence).map((reference) => {
        const frames = texts(reference, Tag.ReferencedFrameNumber);
        const which = frames.length > 0 ? `, frame ${frames.join(", ")}` : "";
        return `${text(reference, Tag.ReferencedSOPInstanceUID) ?? "unknown"}${which}`;
      });
      return `object ${named.join("; ")}`;
    }
    case "SCOORD":
    case "SCOORD3D":
    case "TCOORD":
      return "a place in an image (not shown here)";
    default:
      return items(item, Tag.ContentSequence).length === 0 && text(item, Tag.ValueType) !== "CONTAINER"
        ? "(not shown here)"
        : null;
  }
}
