import { type Attributes, items, number, numbers, text } from "../dicom/attributes.ts";
import { measuredText } from "../dicom/measured-value.ts";
import { Tag } from "../dicom/tags.ts";
import { type Coordinates, pointsOf } from "./coordinates.ts";
import { type GraphicType, kindOfTool, type MeasurementKind } from "./kinds.ts";
import type { Code, ImagePoint, MeasuredValue } from "./measurement.ts";

/** Where on which image a measurement of a report lies. */
type Place = Coordinates & { sopInstanceUid: string; frameNumber: number };

/** A measurement group of a report (TID 1501), whoever wrote it. */
export type ReportedMeasurement = {
  trackingId: string;
  trackingUid: string | null;
  finding: Code | null;
  site: Code | null;
  label: string;
  values: MeasuredValue[];
  /** The same for reading: what was measured, with what the report says of it (`"SUVbw, Mean"`), and the number with its unit. */
  lines: { name: string; words: string }[];
  /** Each place once; empty where it lies on no image. */
  places: Place[];
  /** Where it is one of ours, or of a viewer with the same library. */
  drawing: { kind: MeasurementKind; points: ImagePoint[]; closed: boolean } | null;
};

const measurementGroup = "125007";
const trackingIdentifierCode = "112039";
const trackingUidCode = "112040";
const findingCode = "121071";
const commentCode = "121106";
const siteCodes: ReadonlySet<string> = new Set(["363698007", "G-C0E3"]);

/** The measurement groups of a structured report, at any depth (PS3.16 TID 1500). Empty for a report of another template. */
export function reportedMeasurements(report: Attributes): ReportedMeasurement[] {
  const found: ReportedMeasurement[] = [];
  const walk = (item: Attributes, depth: number): void => {
    for (const child of items(item, Tag.ContentSequence)) {
      if (conceptOf(child)?.value === measurementGroup) found.push(measurementIn(child));
      else if (depth < 8) walk(child, depth + 1);
    }
  };
  walk(report, 0);
  return found;
}

function measurementIn(group: Attributes): ReportedMeasurement {
  const content = items(group, Tag.ContentSequence);
  const named = (code: string) => content.find((item) => conceptOf(item)?.value === code);
  const coded = (item: Attributes | undefined) => (item ? codeIn(item, Tag.ConceptCodeSequence) : null);
  const textIn = (item: Attributes | undefined, tag: string) => (item ? (text(item, tag) ?? "") : "");
  const numbersIn = content.filter((item) => text(item, Tag.ValueType) === "NUM");
  const places = distinct(
    [...content, ...numbersIn.flatMap((item) => items(item, Tag.ContentSequence))].flatMap(placeIn),
  );
  const trackingId = textIn(named(trackingIdentifierCode), Tag.TextValue);
  const kind = kindOfTool(/^Cornerstone3DTools@[^:]*:(\w+)$/.exec(trackingId)?.[1] ?? "");
  const form = kind && pointsOf(kind, places);
  return {
    trackingId,
    trackingUid: textIn(named(trackingUidCode), Tag.UID) || null,
    finding: coded(named(findingCode)),
    site: coded(content.find((item) => siteCodes.has(conceptOf(item)?.value ?? ""))),
    label: textIn(named(commentCode), Tag.TextValue),
    values: numbersIn.flatMap((item) => valueIn(item) ?? []),
    lines: numbersIn.map(lineOf),
    places,
    drawing: kind && form ? { kind, ...form } : null,
  };
}

function lineOf(item: Attributes): ReportedMeasurement["lines"][number] {
  const content = items(item, Tag.ContentSequence);
  const modifiers = content.flatMap((child) =>
    text(child, Tag.RelationshipType) === "HAS CONCEPT MOD"
      ? (codeIn(child, Tag.ConceptCodeSequence)?.meaning ?? [])
      : [],
  );
  const comment = content.find((child) => conceptOf(child)?.value === commentCode);
  return {
    name: [conceptOf(item)?.meaning ?? "Value", ...modifiers].join(", "),
    words: [measuredText(item), comment && text(comment, Tag.TextValue)].filter(Boolean).join(", "),
  };
}

function valueIn(item: Attributes): MeasuredValue | null {
  const quantity = conceptOf(item);
  if (!quantity) return null;
  const [measured] = items(item, Tag.MeasuredValueSequence);
  const comment = items(item, Tag.ContentSequence).find((child) => conceptOf(child)?.value === commentCode);
  const qualifier = codeIn(item, Tag.NumericValueQualifierCodeSequence);
  const value = measured ? (number(measured, Tag.FloatingPointValue) ?? number(measured, Tag.NumericValue)) : null;
  return {
    quantity,
    value,
    unit: (measured && codeIn(measured, Tag.MeasurementUnitsCodeSequence)) ?? {
      value: "1",
      scheme: "UCUM",
      meaning: "no units",
    },
    reason: (comment && text(comment, Tag.TextValue)) ?? (value === null ? (qualifier?.meaning ?? null) : null),
  };
}

/** Spatial coordinates that were selected from one image (PS3.3 §C.18.6). */
function placeIn(item: Attributes): Place[] {
  if (text(item, Tag.ValueType) !== "SCOORD") return [];
  const data = numbers(item, Tag.GraphicData);
  const points = Array.from(
    { length: Math.floor(data.length / 2) },
    (_, at): ImagePoint => [data[2 * at] ?? 0, data[2 * at + 1] ?? 0],
  );
  const type = (text(item, Tag.GraphicType) ?? "") as GraphicType;
  return items(item, Tag.ContentSequence).flatMap((selected) =>
    items(selected, Tag.ReferencedSOPSequence).flatMap((reference) => {
      const sopInstanceUid = text(reference, Tag.ReferencedSOPInstanceUID);
      const frameNumber = number(reference, Tag.ReferencedFrameNumber) ?? 1;
      return sopInstanceUid ? [{ type, points, sopInstanceUid, frameNumber }] : [];
    }),
  );
}

/** Values of one region repeat it. */
function distinct(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

const conceptOf = (item: Attributes): Code | null => codeIn(item, Tag.ConceptNameCodeSequence);

function codeIn(item: Attributes, tag: string): Code | null {
  const [code] = items(item, tag);
  const value = code && (text(code, Tag.CodeValue) ?? text(code, Tag.LongCodeValue));
  if (!code || !value) return null;
  return { value, scheme: text(code, Tag.CodingSchemeDesignator) ?? "", meaning: text(code, Tag.CodeMeaning) ?? value };
}
