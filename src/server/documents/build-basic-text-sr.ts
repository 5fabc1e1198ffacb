import { code, dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { formatDate } from "@overread/shared/dicom/dates";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { reportWords } from "@overread/shared/report-words";
import { containerItem, languageItems, observerItems } from "./content-items.ts";
import {
  commonModules,
  duplicatesModule,
  evidenceByStudy,
  imageItem,
  part10,
  predecessorModule,
  referencedStudy,
  reportTitle,
  seriesModule,
  seriesNumbers,
} from "./dicom-modules.ts";
import { languageCode, sectionCodes } from "./report-codes.ts";
import type { ReportSection, Signature, SignedReport } from "./signed-report.ts";
import { verification } from "./verification.ts";
import { amendments, containsDate, tabColumns, withoutEmptyEdges } from "./wording.ts";

/**
 * The signed report as structured text: TID 2000 in a Basic Text SR, complete and (unless preliminary) verified,
 * sections as containers.
 *
 * @returns a Part 10 file in Explicit VR Little Endian.
 * @see DICOM PS3.3 A.35.1 (Basic Text SR IOD), C.17.2 and C.17.3; PS3.16 TID 2000
 */
export function buildBasicTextSr(report: SignedReport): Buffer {
  const { seriesInstanceUid, sopInstanceUid } = report.uids.sr;
  const evidence = evidenceByStudy(report);
  return part10(
    {
      ...report.identity,
      ...commonModules(report, { sopClassUid: SOP.basicTextSr, sopInstanceUid }),
      ...seriesModule("SR", seriesInstanceUid, seriesNumbers.sr, reportWords(report.language).titles.structured),
      ...predecessorModule(report, "sr"),
      ...duplicatesModule(report, "sr"),
      ...verification(report),
      ...dataSet({
        ReferencedPerformedProcedureStepSequence: [],
        PerformedProcedureCodeSequence: [],
        CurrentRequestedProcedureEvidenceSequence: evidence.length > 0 ? evidence : undefined,
        PertinentOtherEvidenceSequence: otherEvidence(report),
        ValueType: "CONTAINER",
        ConceptNameCodeSequence: [reportTitle()],
        ContinuityOfContent: "SEPARATE",
        ContentTemplateSequence: [dataSet({ MappingResource: "DCMR", TemplateIdentifier: "2000" })],
        ContentSequence: contentOf(report),
      }),
    },
    report.characterSet,
  );
}

/**
 * Images of the earlier studies that the report refers to (PS3.3 C.17.2.3): those whose date its Comparison names;
 * without a Comparison, all available priors, since they are listed instead.
 */
function otherEvidence(report: SignedReport): WritableDataSet[] | undefined {
  const written = report.sections.find((section) => section.key === "comparison" && hasText(section));
  const studies = report.comparisons
    .filter(
      ({ date, evidence }) => evidence.length > 0 && (!written || containsDate(written.text, date, report.language)),
    )
    .map(({ studyInstanceUid, evidence }) => referencedStudy(studyInstanceUid, evidence));
  return studies.length > 0 ? studies : undefined;
}

function contentOf(report: SignedReport): WritableDataSet[] {
  return [
    ...languageItems(languageCode(report.language)),
    ...observer(report.reportSignature, report),
    ...report.sections.filter(hasText).map((section) => container(section, pointers(section, report))),
    ...comparisons(report),
    ...keyImages(report),
    ...report.addenda.flatMap((addendum) =>
      addendum.sections.filter(hasText).map((section) => container(section, observer(addendum.signature, report))),
    ),
  ];
}

const hasText = (section: ReportSection) => section.text.trim() !== "";

/** TID 1002 and 1003: the observer. */
const observer = ({ personName }: Signature, { readingGroup }: SignedReport): WritableDataSet[] =>
  observerItems(personName, readingGroup.name);

function container(section: ReportSection, context: WritableDataSet[] = []): WritableDataSet {
  const { heading, element } = sectionCodes(section.key, section.title);
  return containerItem(heading(), [...context, textItem(element(), section.text)]);
}

/**
 * States at the impression that there is an addendum: a PACS may show the impression alone. Not the radiologist's text,
 * so a comment.
 */
function pointers({ key }: ReportSection, report: SignedReport): WritableDataSet[] {
  if (key !== "impression") return [];
  return amendments(report).map((words) => textItem(code("121106", "DCM", "Comment"), words));
}

/** The radiologist's own comparison section, or without one a list of the available priors. */
function comparisons(report: SignedReport): WritableDataSet[] {
  const written = report.sections.some((section) => section.key === "comparison" && hasText(section));
  if (written || report.comparisons.length === 0) return [];
  const words = reportWords(report.language);
  const { heading, element } = sectionCodes("comparison", words.titles.comparison);
  const lines = report.comparisons.map((prior) =>
    [formatDate(prior.date), prior.description || prior.modalities.join(", ")].filter(Boolean).join(" "),
  );
  return [containerItem(heading(), [textItem(element(), words.earlierStudies(lines))])];
}

function keyImages(report: SignedReport): WritableDataSet[] {
  if (report.keyImages.length === 0) return [];
  const items = report.keyImages.map((image) =>
    image.caption.trim() === ""
      ? imageItem(image, "CONTAINS")
      : {
          ...textItem(code("121071", "DCM", "Finding"), image.caption),
          ...dataSet({ ContentSequence: [imageItem(image, "INFERRED FROM")] }),
        },
  );
  return [containerItem(code("121180", "DCM", "Key Images"), items)];
}

/** Text of a content item; lines end with CR LF (PS3.5 §6.1.3). */
function textItem(name: WritableDataSet, text: string): WritableDataSet {
  return dataSet({
    RelationshipType: "CONTAINS",
    ValueType: "TEXT",
    ConceptNameCodeSequence: [name],
    // Control characters other than line ends are not allowed in UT (PS3.5 §6.1.3). Leading spaces are significant.
    TextValue: withoutEmptyEdges(text)
      .replaceAll("\t", " ".repeat(tabColumns))
      .replace(/(?!\n)\p{Cc}/gu, " ")
      .replaceAll("\n", "\r\n"),
  });
}
