import { codeMeaning, type DocumentLine, reportLines } from "@overread/shared/dicom/report-lines";
import { type Attributes, items, number, text } from "./attributes.ts";
import type { ImagePointer } from "./types.ts";

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
      lines: [{ depth: 0, heading: "Why", value: codeMeaning(instance, "0040A043") }, ...reportLines(instance).lines],
      images: referencedImages(instance),
    };
  if (sopClassUid.startsWith(structuredReports)) return { kind: "text", lines: reportLines(instance).lines };
  return { kind: "other" };
}

/** What it is called: its own title before the name of its kind. */
export function documentTitle(instance: Attributes): string | null {
  return text(instance, "00420010") ?? text(instance, "0008103E") ?? codeMeaning(instance, "0040A043");
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
