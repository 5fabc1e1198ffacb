import { createHash } from "node:crypto";
import type { Markup } from "@overread/shared/measurements/markup";
import type { ReportKind } from "#server/db/generated/enums.ts";
import type { CoReader } from "./double-reading.ts";
import type { KeyImage, Section } from "./inputs.ts";

export type SignedContent = {
  caseId: string;
  studyInstanceUid: string;
  /** Further cases that the report is of. */
  readWith?: readonly { caseId: string; studyInstanceUid: string }[];
  version: number;
  kind: ReportKind;
  /** RFC 5646; empty: not stated. */
  language: string;
  signedById: string;
  signedByName: string;
  signedByQualification: string;
  signedAt: Date;
  sections: Section[];
  keyImages: KeyImage[];
  /** Omitted from the text where there is none. */
  coReaders?: CoReader[];
  /** Its measurements are part of what is signed; omitted from the text where there is none. */
  markup?: Markup;
};

/**
 * What a signature covers, as one text that can be read and hashed again in ten years: JSON (RFC 8259) with the keys in
 * this order (`language`, `readWith`, `coReaders` and `measurements` only where there are any), one space of indent, text in Unicode NFC with LF line ends.
 */
export function canonicalText(content: SignedContent): string {
  return JSON.stringify(
    {
      format: "overread-report/1",
      caseId: content.caseId,
      studyInstanceUid: content.studyInstanceUid,
      readWith: content.readWith?.length
        ? content.readWith.map(({ caseId, studyInstanceUid }) => ({ caseId, studyInstanceUid }))
        : undefined,
      version: content.version,
      kind: content.kind,
      language: content.language || undefined,
      signedBy: {
        id: content.signedById,
        name: normalizeText(content.signedByName),
        qualification: normalizeText(content.signedByQualification),
      },
      signedAt: content.signedAt.toISOString(),
      coReaders: content.coReaders?.length
        ? content.coReaders.map(({ name, qualification, signedAt, agreed }) => ({
            name: normalizeText(name),
            qualification: normalizeText(qualification),
            signedAt,
            agreed,
          }))
        : undefined,
      sections: content.sections.map(({ key, title, text }) => ({
        key,
        title: normalizeText(title),
        text: normalizeText(text),
      })),
      keyImages: content.keyImages.map((image) => ({
        seriesInstanceUid: image.seriesInstanceUid,
        sopInstanceUid: image.sopInstanceUid,
        sopClassUid: image.sopClassUid,
        frameNumber: image.frameNumber,
        caption: normalizeText(image.caption),
        windowCenter: image.windowCenter ?? null,
        windowWidth: image.windowWidth ?? null,
      })),
      measurements: content.markup?.measurements.length ? content.markup.measurements.map(measurementOf) : undefined,
    },
    null,
    1,
  );
}

/** Where it lies and what it says, with the keys in this order. */
function measurementOf({ trackingUid, kind, where, values, label, author, at }: Markup["measurements"][number]) {
  const image = where.space === "image" ? where.image : where.source;
  return {
    trackingUid,
    kind,
    sopInstanceUid: image.sopInstanceUid,
    frameNumber: image.frameNumber,
    space: where.space,
    points: where.points,
    values: values.map(({ quantity, value, unit, reason }) => ({
      quantity: quantity.value,
      value,
      unit: unit.value,
      reason: reason && normalizeText(reason),
    })),
    label: normalizeText(label),
    author: normalizeText(author),
    at,
  };
}

/** SHA-256 over the canonical text in UTF-8, lower-case hex. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/**
 * Text as stored and signed (PS3.5 §6.1.3). Normalised, and nothing else:
 * - characters are composed (Unicode NFC)
 * - every line break of Unicode (UAX #14: CR LF, CR, vertical tab, form feed, next line, line and paragraph separator)
 * becomes a line feed, so that words on two lines are never joined
 * - any other control character but the tab, which no document can hold, becomes a space, since it may have separated
 * two words
 */
export function normalizeText(text: string): string {
  return text
    .normalize("NFC")
    .replace(/\r\n|[\r\v\f\u0085\u2028\u2029]/g, "\n")
    .replace(/\p{Cc}/gu, (control) => (control === "\n" || control === "\t" ? control : " "));
}
