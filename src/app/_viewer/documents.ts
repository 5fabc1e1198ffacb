import { type Attributes, items, number, personName, text } from "./attributes.ts";
import { measuredText } from "./measured-value.ts";
import type { ImagePointer } from "./types.ts";

/** A line of a structured report: a heading, a value, or both; deeper ones belong to what stands above them. */
export type DocumentLine = { depth: number; heading: string | null; value: string | null };

/** What there is to see in an object without pictures. */
export type DocumentContent =
  | { kind: "pdf" }
  | { kind: "text"; lines: DocumentLine[] }
  | { kind: "images"; lines: DocumentLine[]; images: ImagePointer[] }
  /** Nothing that can be shown here. */
  | { kind: "other" };

const encapsulatedPdf = "1.2.840.10008.5.1.4.1.1.104.1";
const keyObjectSelection = "1.2.840.10008.5.1.4.1.1.88.59";
const structuredReports = "1.2.840.10008.5.1.4.1.1.88.";

/** What kind of document an instance without pictures is, and its words. */
export function documentContent(instance: Attributes): DocumentContent {
  const sopClassUid = text(instance, "00080016") ?? "";
  if (sopClassUid === encapsulatedPdf) return { kind: "pdf" };
  if (sopClassUid === keyObjectSelection)
    return {
      kind: "images",
      lines: [{ depth: 0, heading: "Why", value: meaning(instance, "0040A043") }, ...linesOf(instance)],
      images: referencedImages(instance),
    };
  if (sopClassUid.startsWith(structuredReports)) return { kind: "text", lines: linesOf(instance) };
  return { kind: "other" };
}

/** What it is called: its own title before the name of its kind. */
export function documentTitle(instance: Attributes): string | null {
  return text(instance, "00420010") ?? text(instance, "0008103E") ?? meaning(instance, "0040A043");
}

const deepest = 12;
/** A measurement report of a whole trial can have tens of thousands of items; nobody reads so many here. */
const mostLines = 2000;

/** The content tree in reading order (PS3.3 §C.17.3). Who observed and in which language is left out: the head says it. */
function linesOf(instance: Attributes): DocumentLine[] {
  const lines: DocumentLine[] = [];
  const walk = (node: Attributes, depth: number) => {
    for (const item of items(node, "0040A730")) {
      if (lines.length >= mostLines) return;
      const relation = text(item, "0040A010");
      if (relation === "HAS CONCEPT MOD" || relation === "HAS OBS CONTEXT") continue;
      const line = { depth, heading: meaning(item, "0040A043"), value: wordsOf(item) };
      if (line.heading !== null || line.value !== null) lines.push(line);
      if (depth < deepest) walk(item, depth + 1);
    }
  };
  walk(instance, 0);
  return lines;
}

function wordsOf(item: Attributes): string | null {
  switch (text(item, "0040A040")) {
    case "TEXT":
      return writtenText(item);
    case "NUM":
      return measuredText(item);
    case "CODE":
      return meaning(item, "0040A168");
    case "PNAME":
      return personName(item, "0040A123");
    case "DATE":
      return text(item, "0040A121");
    case "TIME":
      return text(item, "0040A122");
    case "DATETIME":
      return text(item, "0040A120");
    default:
      return null;
  }
}

/** Blanks before the first word are a list's indentation (PS3.5 §6.2, UT). */
function writtenText(item: Attributes): string | null {
  const [value] = item["0040A160"]?.Value ?? [];
  return typeof value === "string" && value.trim() !== "" ? value.replace(/^(?:[^\S\r\n]*\r?\n)+/, "").trimEnd() : null;
}

function meaning(attributes: Attributes, tag: string): string | null {
  const [code] = items(attributes, tag);
  return code ? text(code, "00080104") : null;
}

/** The images a key object selection points to, in its order (PS3.3 §C.17.6.2: the evidence says their series). */
function referencedImages(instance: Attributes): ImagePointer[] {
  const seriesOf = new Map<string, string>();
  for (const study of items(instance, "0040A375"))
    for (const series of items(study, "00081115"))
      for (const reference of items(series, "00081199")) {
        const uid = text(reference, "00081155");
        const seriesUid = text(series, "0020000E");
        if (uid && seriesUid) seriesOf.set(uid, seriesUid);
      }
  return items(instance, "0040A730").flatMap((item) => {
    if (text(item, "0040A040") !== "IMAGE") return [];
    return items(item, "00081199").flatMap((reference) => {
      const sopInstanceUid = text(reference, "00081155");
      const seriesInstanceUid = sopInstanceUid ? seriesOf.get(sopInstanceUid) : undefined;
      return sopInstanceUid && seriesInstanceUid
        ? [{ sopInstanceUid, seriesInstanceUid, frameNumber: number(reference, "00081160") ?? 1 }]
        : [];
    });
  });
}
