import { code, dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { reportWords } from "@overread/shared/report-words";
import { observerItems } from "./content-items.ts";
import {
  commonModules,
  duplicatesModule,
  evidenceByStudy,
  imageItem,
  part10,
  seriesModule,
  seriesNumbers,
} from "./dicom-modules.ts";
import type { SignedReport } from "./signed-report.ts";

/**
 * The key images of a report as a Key Object Selection, so that any PACS shows which images matter.
 *
 * @returns a Part 10 file in Explicit VR Little Endian; `null` when the report has no key images.
 * @see DICOM PS3.3 A.35.4 (Key Object Selection Document IOD), PS3.16 TID 2010
 */
export function buildKeyObjectSelection(report: SignedReport): Buffer | null {
  if (!report.uids.kos || report.keyImages.length === 0) return null;
  const { seriesInstanceUid, sopInstanceUid } = report.uids.kos;
  return part10(
    {
      ...report.identity,
      ...commonModules(report, { sopClassUid: SOP.keyObjectSelection, sopInstanceUid }),
      ...seriesModule("KO", seriesInstanceUid, seriesNumbers.kos, reportWords(report.language).titles.keyObjects),
      ...duplicatesModule(report, "kos"),
      ...dataSet({
        ReferencedPerformedProcedureStepSequence: [],
        CurrentRequestedProcedureEvidenceSequence: evidenceByStudy(report, "key-images"),
        ValueType: "CONTAINER",
        ConceptNameCodeSequence: [code("113000", "DCM", "Of Interest")],
        ContinuityOfContent: "SEPARATE",
        ContentTemplateSequence: [dataSet({ MappingResource: "DCMR", TemplateIdentifier: "2010" })],
        ContentSequence: [
          ...observerItems(report.reportSignature.personName),
          ...description(report),
          ...report.keyImages.map((i) => imageItem(i, "CONTAINS")),
        ],
      }),
    },
    report.characterSet,
  );
}

/** The captions, numbered in the order of the images (PS3.16 TID 2010 row 7: at most one description). */
function description(report: SignedReport): WritableDataSet[] {
  const lines = report.keyImages.flatMap(({ caption }, index) =>
    caption.trim() ? [`${index + 1}. ${caption.trim()}`] : [],
  );
  if (lines.length === 0) return [];
  return [
    dataSet({
      RelationshipType: "CONTAINS",
      ValueType: "TEXT",
      ConceptNameCodeSequence: [code("113012", "DCM", "Key Object Description")],
      TextValue: lines.join("\r\n"),
    }),
  ];
}
