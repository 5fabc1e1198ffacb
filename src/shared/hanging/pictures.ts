import { type Attributes, items, number, text } from "../dicom/attributes.ts";
import { frameAttributes } from "../dicom/functional-groups.ts";
import { SOP } from "../dicom/sop-classes.ts";
import { Tag } from "../dicom/tags.ts";
import type { PictureKind, Side, ViewName } from "./protocol.ts";

/** One picture of an examination that is looked at picture by picture: a view, a loop, a run. */
export type Picture = {
  sopInstanceUid: string;
  side: Side | null;
  view: ViewName | null;
  /** Absent: a plain picture. */
  kind?: PictureKind;
  /** Why it is no standard view, for its reader: `"magnification"`. Absent: nothing sets it apart. */
  apart?: string;
  /** For processing by a computer (PS3.3 §C.8.11.7): hung only where nothing was made for the eye. */
  raw?: true;
};

/** Radiographs and mammograms: each picture a view of its own. */
const projections: ReadonlySet<string> = new Set(["CR", "DX", "MG", "RG", "PX", "IO"]);
export const isProjection = (modality: string): boolean => projections.has(modality);

/** Modalities whose pictures are looked at one by one. */
export const pictureModalities: ReadonlySet<string> = new Set([
  ...projections,
  ...["US", "XA", "RF", "NM", "XC", "ES", "OP", "GM", "SM"],
]);

/** Whether its pictures are paged as a stack too: runs and loops of a series, but not views. */
export const isAlsoStack = (modality: string): boolean => pictureModalities.has(modality) && !isProjection(modality);

/** The pictures of a series, in the order of its objects. */
export function picturesOf(modality: string, words: string, instances: readonly Attributes[]): Picture[] {
  return instances.flatMap((instance) => {
    const sopInstanceUid = text(instance, Tag.SOPInstanceUID);
    if (!sopInstanceUid) return [];
    const attributes = frameAttributes(instance, 1);
    const kind = kindOf(modality, attributes);
    const apart = modality === "MG" ? apartOf(attributes, words).join(", ") : "";
    return [
      {
        sopInstanceUid,
        side: sideOf(attributes),
        view: viewOf(modality, attributes, words),
        ...(kind ? { kind } : {}),
        ...(apart ? { apart } : {}),
        ...(isRaw(attributes) ? { raw: true as const } : {}),
      },
    ];
  });
}

/** Side and view as a reader names them, and what sets the picture apart: `"R CC"`, `"L MLO tomosynthesis"`; null where nothing is said. */
export function viewName(attributes: Attributes): string | null {
  const modality = text(attributes, Tag.Modality) ?? "";
  const view = text(attributes, Tag.ViewPosition) ?? viewByCode(attributes);
  const isBreast = modality === "MG";
  const kind = isBreast ? kindNames[kindOf(modality, attributes) ?? "2d"] : undefined;
  return (
    [sideOf(attributes), view, kind, ...(isBreast ? apartOf(attributes, "") : [])].filter(Boolean).join(" ") || null
  );
}

const kindNames: { [kind in PictureKind]?: string } = {
  tomo: "tomosynthesis",
  synthetic: "synthesised",
  subtracted: "subtracted",
};

/** The side of a paired structure; null for an unpaired one, for both, and where it is not said. */
export function sideOf(attributes: Attributes): Side | null {
  const said =
    text(attributes, Tag.FrameLaterality) ?? text(attributes, Tag.ImageLaterality) ?? text(attributes, Tag.Laterality);
  return said === "L" || said === "R" ? said : null;
}

/** Image Type by place: values are told apart by their position, and empty ones count (PS3.3 §C.8.11.7.1.4). */
const imageType = (attributes: Attributes, place: 3 | 4 | 5): string =>
  String(attributes[Tag.ImageType]?.Value?.[place - 1] ?? "").trim();

function kindOf(modality: string, attributes: Attributes): PictureKind | null {
  const frames = number(attributes, Tag.NumberOfFrames) ?? 1;
  const third = imageType(attributes, 3);
  const fourth = imageType(attributes, 4);
  switch (modality) {
    case "MG":
      if (fourth === "GENERATED_2D" || third === "TOMO_2D") return "synthetic";
      if (fourth === "SUBTRACTION") return "subtracted";
      if (text(attributes, Tag.SOPClassUID) === SOP.breastTomosynthesis || third === "TOMOSYNTHESIS") return "tomo";
      return frames > 1 && third !== "TOMO_PROJ" ? "tomo" : null;
    case "SM":
      return third === "LABEL" ? "label" : third === "OVERVIEW" || third === "THUMBNAIL" ? "overview" : "slide";
    default:
      return !isProjection(modality) && frames > 1 ? "loop" : null;
  }
}

/** Of a mammogram, what makes it no standard view (PS3.3 §C.8.11.7.1.4, PS3.16 CID 4015). */
function apartOf(attributes: Attributes, words: string): string[] {
  const [view = {}] = items(attributes, Tag.ViewCodeSequence);
  const modifiers = [...items(view, Tag.ViewModifierCodeSequence), ...items(attributes, Tag.ViewModifierCodeSequence)];
  const named = modifiers.map((each) => (text(each, Tag.CodeMeaning) ?? "modified view").toLowerCase());
  const said = (pattern: RegExp) => named.some((name) => pattern.test(name));
  // A breast lies on the detector: 1.0 to 1.1. A magnification stand lifts it to 1.5 and more.
  if (!said(/magnif/) && (number(attributes, Tag.EstimatedRadiographicMagnificationFactor) ?? 1) >= 1.3)
    named.push("magnification");
  for (const [name, pattern] of wordsApart) if (!said(pattern) && pattern.test(words)) named.push(name);
  const third = imageType(attributes, 3);
  if (third === "TOMO_PROJ") named.push("projections");
  else if (/^(STEREO|PREFIRE|POSTFIRE|POSTBIOPSY|POSTMARKER|TOMO_SCOUT)/.test(third)) named.push("biopsy");
  if (imageType(attributes, 5) === "HIGH_ENERGY") named.push("high energy");
  return named;
}

const wordsApart: readonly (readonly [string, RegExp])[] = [
  ["magnification", /\bmag(nif\w*)?\b/i],
  ["spot compression", /\bspot\b/i],
  ["implant displaced", /\b(implant displaced|eklund)\b/i],
];

const raw: ReadonlySet<string> = new Set([SOP.mgForProcessing, SOP.dxForProcessing]);
const isRaw = (attributes: Attributes): boolean => raw.has(text(attributes, Tag.SOPClassUID) ?? "");

/** Codes of CID 4010 and 4014, as SNOMED CT and as its older identifiers. */
const viewCodes: Readonly<Record<string, ViewName>> = {
  "399162004": "CC",
  "R-10242": "CC",
  "399368009": "MLO",
  "R-10226": "MLO",
  "399260004": "ML",
  "R-10224": "ML",
  "399352003": "LM",
  "R-10228": "LM",
  "272479007": "PA",
  "R-10214": "PA",
  "399348003": "AP",
  "R-10206": "AP",
  "399198007": "LAT",
  "R-10232": "LAT",
  "399173006": "LAT",
  "R-10236": "LAT",
};

const codeOf = (attributes: Attributes): string | null =>
  text(items(attributes, Tag.ViewCodeSequence)[0] ?? {}, Tag.CodeValue);
const viewByCode = (attributes: Attributes): ViewName | null => viewCodes[codeOf(attributes) ?? ""] ?? null;

function viewOf(modality: string, attributes: Attributes, words: string): ViewName | null {
  const coded = viewByCode(attributes) ?? viewNamed(text(attributes, Tag.ViewPosition) ?? "");
  if (coded) return coded;
  // A mammogram whose code is another one, an exaggerated CC say, is not what its series is called.
  return modality === "MG" && codeOf(attributes) ? null : viewNamed(words);
}

function viewNamed(words: string): ViewName | null {
  const [, name] = /\b(CC|MLO|ML|LM|PA|AP|OBL)\b/i.exec(words) ?? [];
  if (name) return name.toUpperCase() as ViewName;
  // LL and RL are laterals named by the side that lies at the detector.
  return /\b(LL|RL|LLAT|RLAT|LAT|lateral\w*)\b/i.test(words) ? "LAT" : null;
}
