import { dataSet } from "@overread/shared/dicom/build";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { reportWords } from "@overread/shared/report-words";
import {
  commonModules,
  part10,
  predecessorModule,
  referencedSop,
  reportTitle,
  seriesModule,
  seriesNumbers,
} from "./dicom-modules.ts";
import type { SignedReport } from "./signed-report.ts";

/**
 * The signed PDF as an object of the study.
 *
 * @param pdf of even length, as from `renderReportPdf`, so that the encapsulated file is identical byte for byte.
 * @returns a Part 10 file in Explicit VR Little Endian.
 * @see DICOM PS3.3 A.45.1 (Encapsulated PDF IOD), C.24.2 (Encapsulated Document module)
 */
export function encapsulatePdf(report: SignedReport, pdf: Buffer): Buffer {
  const { seriesInstanceUid, sopInstanceUid } = report.uids.pdf;
  const words = reportWords(report.language);
  const preliminary = report.kind === "preliminary";
  const sources =
    report.keyImages.length > 0
      ? report.keyImages
      : onePerSeries([report, ...report.others].flatMap(({ evidence }) => evidence));
  return part10(
    {
      ...report.identity,
      ...commonModules(report, { sopClassUid: SOP.encapsulatedPdf, sopInstanceUid }),
      ...seriesModule("DOC", seriesInstanceUid, seriesNumbers.pdf, words.titles.report),
      ...predecessorModule(report, "pdf"),
      ...dataSet({
        ConversionType: "WSD",
        AcquisitionDateTime: null,
        BurnedInAnnotation: "YES",
        RecognizableVisualFeatures: "NO",
        SourceInstanceSequence: sources.length > 0 ? sources.map(referencedSop) : undefined,
        DocumentTitle: words.documentTitle(words.titles[preliminary ? "preliminary" : "report"], report.version),
        VerificationFlag: preliminary ? "UNVERIFIED" : "VERIFIED",
        ConceptNameCodeSequence: [reportTitle()],
        MIMETypeOfEncapsulatedDocument: "application/pdf",
        EncapsulatedDocument: pdf,
        EncapsulatedDocumentLength: pdf.length,
      }),
    },
    report.characterSet,
  );
}

/** Without key images the source is each study as a whole: its series, each represented by one instance. */
function onePerSeries(evidence: SignedReport["evidence"]): SignedReport["evidence"] {
  return [...new Map(evidence.map((instance) => [instance.seriesInstanceUid, instance])).values()];
}
