import { dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { dicomMoment } from "@overread/shared/dicom/dates";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { type SiteDocument, siteDocuments } from "@overread/shared/site-documents";
import { part10 } from "./dicom-modules.ts";

type Still = {
  columns: number;
  rows: number;
  /** 3: RGB, by pixel. */
  samples: 1 | 3;
  /** Uncompressed; null: the stream of a JPEG Baseline is stored. */
  pixels: Buffer | null;
};
export type SiteDocumentContent = { bytes: Buffer } & (
  | { mediaType: "application/pdf" }
  | ({ mediaType: "image/jpeg" | "image/png" } & Still)
);

/** Above those of modalities, and below our own reports'. */
const seriesNumber = 9801;

/**
 * A document that the site adds to a study, as an object of it: a PDF as Encapsulated PDF (PS3.3 A.45.1), a photo as VL Photographic Image
 * (A.32.4), any other picture as Secondary Capture (A.8.1).
 *
 * @param identity patient and study as the images have them.
 * @param at when it was added; facility time.
 */
export function buildSiteDocument({
  identity,
  characterSet,
  document,
  content,
  at,
  timeZone,
  uids,
}: {
  identity: DicomJson;
  characterSet: string | undefined;
  document: SiteDocument;
  content: SiteDocumentContent;
  at: Date;
  timeZone: string;
  uids: { seriesInstanceUid: string; sopInstanceUid: string };
}): Buffer {
  const { date, time } = dicomMoment(at, timeZone);
  const title = siteDocuments[document];
  const isPdf = content.mediaType === "application/pdf";
  const sopClassUid = isPdf ? SOP.encapsulatedPdf : document === "photo" ? SOP.vlPhotographic : SOP.secondaryCapture;
  const common = dataSet({
    SOPClassUID: sopClassUid,
    SOPInstanceUID: uids.sopInstanceUid,
    SeriesInstanceUID: uids.seriesInstanceUid,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    ContentDate: date,
    ContentTime: time,
    Modality: isPdf ? "DOC" : document === "photo" ? "XC" : "OT",
    SeriesNumber: seriesNumber,
    SeriesDescription: title,
    InstanceNumber: 1,
    // A paper that was scanned, or a picture that was digital from the beginning (PS3.3 C.8.6.1); photos have a module of their own.
    ConversionType: isPdf ? "SD" : document === "photo" ? undefined : "DI",
    Laterality: isPdf ? undefined : null,
    Manufacturer: "Overread",
    BurnedInAnnotation: "YES",
  });
  const characters: WritableDataSet = isPdf
    ? dataSet({
        DocumentTitle: title,
        ConceptNameCodeSequence: [],
        AcquisitionDateTime: null,
        MIMETypeOfEncapsulatedDocument: "application/pdf",
        // Of even length: a PDF ends with white space of any amount.
        EncapsulatedDocument:
          content.bytes.length % 2 === 0 ? content.bytes : Buffer.concat([content.bytes, Buffer.from("\n")]),
        EncapsulatedDocumentLength: content.bytes.length,
      })
    : { ...picture(content), ...(document === "photo" ? dataSet({ AcquisitionContextSequence: [] }) : {}) };
  const isJpeg = !isPdf && content.pixels === null;
  return part10(
    { ...identity, ...common, ...characters },
    characterSet,
    isJpeg ? TS.jpegBaseline : TS.explicitLittleEndian,
  );
}

function picture({
  mediaType,
  bytes,
  columns,
  rows,
  samples,
  pixels,
}: Still & { mediaType: string; bytes: Buffer }): WritableDataSet {
  const isLossy = mediaType === "image/jpeg";
  return dataSet({
    // Of the camera or scanner, made without an acquisition of its own.
    ImageType: ["DERIVED", "SECONDARY"],
    PatientOrientation: null,
    SamplesPerPixel: samples,
    PhotometricInterpretation: samples === 1 ? "MONOCHROME2" : pixels === null ? "YBR_FULL_422" : "RGB",
    PlanarConfiguration: samples === 1 ? undefined : 0,
    Rows: rows,
    Columns: columns,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    LossyImageCompression: isLossy ? "01" : "00",
    LossyImageCompressionMethod: isLossy ? "ISO_10918_1" : undefined,
    LossyImageCompressionRatio: isLossy
      ? Math.max(1, Math.round((rows * columns * samples) / bytes.length))
      : undefined,
    PixelData: pixels === null ? { vr: "OB", fragments: [bytes] } : { vr: "OB", bytes: even(pixels) },
  });
}

const even = (bytes: Buffer): Buffer => (bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]));
