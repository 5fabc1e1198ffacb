import { code, dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { dicomMoment } from "@overread/shared/dicom/dates";
import { uidFromName } from "@overread/shared/dicom/derived-uid";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { coordinatesOf } from "@overread/shared/measurements/coordinates";
import {
  type Code,
  type ImagePoint,
  type KeptMeasurement,
  type MeasuredImage,
  type MeasuredValue,
  type PatientPoint,
  trackingIdentifier,
} from "@overread/shared/measurements/measurement";
import { reportWords } from "@overread/shared/report-words";
import { codeItem, containerItem, item, languageItems, observerItems } from "./content-items.ts";
import {
  commonModules,
  part10,
  referencedSop,
  referencedStudy,
  seriesModule,
  seriesNumbers,
  truncated,
} from "./dicom-modules.ts";
import { languageCode } from "./report-codes.ts";
import type { SignedReport } from "./signed-report.ts";
import { verification } from "./verification.ts";

/** UIDs of the measurements of a signed version: derived from its report's, so that every run makes the same object. */
export function measurementUids({ uids }: Pick<SignedReport, "uids">) {
  return {
    seriesInstanceUid: uidFromName("measurements-series", uids.sr.sopInstanceUid),
    sopInstanceUid: uidFromName("measurements", uids.sr.sopInstanceUid),
  };
}

/**
 * The measurements that were signed with a report: TID 1500 in a Comprehensive 3D SR where something was measured in
 * the patient's space, else in an Enhanced SR. A group for each measurement, named by its tracking UID, each value
 * inferred from its place on the image.
 *
 * @returns a Part 10 file in Explicit VR Little Endian; `null` without measurements.
 * @see DICOM PS3.3 A.35.2 (Enhanced SR IOD), A.35.13 (Comprehensive 3D SR IOD); PS3.16 TID 1500, 1501, 300, 320
 */
export function buildMeasurementReport(report: SignedReport): Buffer | null {
  const { measurements } = report.markup;
  if (measurements.length === 0) return null;
  const { seriesInstanceUid, sopInstanceUid } = measurementUids(report);
  const isIn3d = measurements.some(({ where }) => where.space === "patient");
  const sopClassUid = isIn3d ? SOP.comprehensive3dSr : SOP.enhancedSr;
  const { titles } = reportWords(report.language);
  return part10(
    {
      ...report.identity,
      ...commonModules(report, { sopClassUid, sopInstanceUid }),
      ...seriesModule("SR", seriesInstanceUid, seriesNumbers.measurements, titles.measurements),
      ...verification(report),
      ...dataSet({
        ReferencedPerformedProcedureStepSequence: [],
        PerformedProcedureCodeSequence: [],
        CurrentRequestedProcedureEvidenceSequence: [
          referencedStudy(report.study.studyInstanceUid, distinct(measurements.map(imageFor))),
        ],
        ValueType: "CONTAINER",
        ConceptNameCodeSequence: [code("126000", "DCM", "Imaging Measurement Report")],
        ContinuityOfContent: "SEPARATE",
        ContentTemplateSequence: [dataSet({ MappingResource: "DCMR", TemplateIdentifier: "1500" })],
        ContentSequence: [
          ...languageItems(languageCode(report.language)),
          ...observerItems(report.signature.personName, report.readingGroup.name),
          codeItem("HAS CONCEPT MOD", code("121058", "DCM", "Procedure reported"), procedure(report)),
          containerItem(
            code("126010", "DCM", "Imaging Measurements"),
            measurements.map((each) => group(each, report)),
          ),
        ],
      }),
    },
    report.characterSet,
  );
}

/** CID 100, by modality. */
function procedure({ study }: SignedReport): WritableDataSet {
  if (study.modalities.includes("PT")) return code("44139-4", "LN", "PET whole body");
  if (study.modalities.includes("CT")) return code("25045-6", "LN", "CT unspecified body region");
  if (study.modalities.includes("MR")) return code("25056-3", "LN", "MRI unspecified body region");
  return code("363679005", "SCT", "Imaging procedure");
}

function imageFor({ where }: KeptMeasurement): MeasuredImage {
  return where.space === "image" ? where.image : where.source;
}

function distinct(images: readonly MeasuredImage[]): MeasuredImage[] {
  return [...new Map(images.map((image) => [image.sopInstanceUid, image])).values()];
}

/** TID 1501: one measurement with everything that is said about it. */
function group(measurement: KeptMeasurement, report: SignedReport): WritableDataSet {
  const { trackingUid, label, finding, site, author, values, at } = measurement;
  const { date, time } = dicomMoment(new Date(at), report.facility.timeZone);
  const text = (name: WritableDataSet, value: string, relation: string) =>
    item(relation, "TEXT", name, dataSet({ TextValue: value }));
  const items = [
    text(code("112039", "DCM", "Tracking Identifier"), trackingIdentifier(measurement), "HAS OBS CONTEXT"),
    item(
      "HAS OBS CONTEXT",
      "UIDREF",
      code("112040", "DCM", "Tracking Unique Identifier"),
      dataSet({ UID: trackingUid }),
    ),
    // Whoever measured, where it was not who signs.
    ...(author && author !== report.signature.name ? observerItems(personNameOf(author)) : []),
    ...(finding ? [codeItem("CONTAINS", code("121071", "DCM", "Finding"), codeOf(finding))] : []),
    ...(site ? [codeItem("HAS CONCEPT MOD", code("363698007", "SCT", "Finding Site"), codeOf(site))] : []),
    ...(label ? [text(code("121106", "DCM", "Comment"), label, "CONTAINS")] : []),
    ...(values.length > 0
      ? numbers(measurement, report)
      : placesOf(measurement, report).map((place) => place("CONTAINS", region()))),
  ];
  return {
    ...containerItem(code("125007", "DCM", "Measurement Group"), items),
    ...dataSet({
      ObservationDateTime: date + time,
      ContentTemplateSequence: [dataSet({ MappingResource: "DCMR", TemplateIdentifier: "1501" })],
    }),
  };
}

const region = () => code("111030", "DCM", "Image Region");

/** TID 300: each value with its place. Two diameters have a line each. */
function numbers(measurement: KeptMeasurement, report: SignedReport): WritableDataSet[] {
  const places = placesOf(measurement, report);
  return measurement.values.map((value, at) => {
    const place = places[at] ?? places[0];
    const reason = dataSet({ TextValue: value.reason ?? "" });
    const content = [
      ...(value.reason ? [item("HAS PROPERTIES", "TEXT", code("121106", "DCM", "Comment"), reason)] : []),
      ...(place ? [place("INFERRED FROM", null)] : []),
    ];
    return item("CONTAINS", "NUM", codeOf(value.quantity), {
      ...measured(value),
      ...dataSet({ ContentSequence: content }),
    });
  });
}

/** PS3.3 C.18.1. A number with more digits than DS holds is given in full beside it. */
function measured({ value, unit }: MeasuredValue): WritableDataSet {
  if (value === null)
    return dataSet({
      MeasuredValueSequence: [],
      NumericValueQualifierCodeSequence: [code("114006", "DCM", "Measurement failure")],
    });
  const written = decimal(value);
  return dataSet({
    MeasuredValueSequence: [
      dataSet({
        NumericValue: written,
        FloatingPointValue: Number(written) === value ? undefined : value,
        MeasurementUnitsCodeSequence: [codeOf(unit)],
      }),
    ],
  });
}

/** At most the 16 characters of a DS (PS3.5 §6.2). */
function decimal(value: number): string {
  for (let digits = 15; ; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
}

type Place = (relation: string, name: WritableDataSet | null) => WritableDataSet;

function placesOf(measurement: KeptMeasurement, { markup }: SignedReport): Place[] {
  const { where } = measurement;
  if (where.space === "patient")
    return coordinatesOf<PatientPoint>({ ...measurement, points: where.points }).map(
      ({ type, points }): Place =>
        (relation, name) =>
          item(
            relation,
            "SCOORD3D",
            name,
            dataSet({
              ReferencedFrameOfReferenceUID: where.frameOfReferenceUid,
              // A closed way is a polygon here (PS3.3 §C.18.9.1.2).
              GraphicType: points.length > 3 && points[0] === points.at(-1) ? "POLYGON" : type,
              GraphicData: points.flat(),
            }),
          ),
    );
  const { image } = where;
  const known = markup.images.find(({ sopInstanceUid }) => sopInstanceUid === image.sopInstanceUid);
  const frame = (known?.numberOfFrames ?? 1) > 1 ? image.frameNumber : undefined;
  const reference = { ...referencedSop(image), ...dataSet({ ReferencedFrameNumber: frame }) };
  const selected = item("SELECTED FROM", "IMAGE", null, dataSet({ ReferencedSOPSequence: [reference] }));
  return coordinatesOf<ImagePoint>({ ...measurement, points: where.points }).map(
    ({ type, points }): Place =>
      (relation, name) =>
        item(
          relation,
          "SCOORD",
          name,
          dataSet({ GraphicType: type, GraphicData: points.flat(), ContentSequence: [selected] }),
        ),
  );
}

const codeOf = ({ value, scheme, meaning }: Code): WritableDataSet => code(value, scheme, meaning);

/** A display name as PN: its parts are not known, and characters that would separate some are dropped. */
const personNameOf = (name: string): string => truncated(name.replace(/[\\^=]/g, " ").trim(), 64);
