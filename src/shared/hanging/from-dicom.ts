import { type Attributes, items, number, numbers, text, texts } from "../dicom/attributes.ts";
import { Tag } from "../dicom/tags.ts";
import { isProjection } from "./pictures.ts";
import {
  type HangingWindow,
  type Place,
  type Plane,
  Protocol,
  type Stage,
  type ViewName,
  type Want,
} from "./protocol.ts";

/** A protocol of a DICOM object, as far as it can be said here, and what cannot be, in sentences. */
export type ReadProtocol = { protocol: Omit<Protocol, "id"> | null; notKept: string[] };

/** Of an image set: which study it is of, and what it asks of its series. Null: of a study that cannot be asked for. */
type ImageSet = { study: number; want: Want } | null;

/**
 * Reads a Hanging Protocol object (PS3.3 §A.44, §C.23): each presentation group becomes a stage, each display set a place. What it asks for and is not
 * asked for here is named, never guessed: a place whose series would have to be computed stays empty.
 *
 * @param regionsOf the body regions that these words name.
 * @returns no protocol where nothing of it can be shown.
 */
export function protocolFromDicom(
  object: Attributes,
  regionsOf: (words: readonly string[]) => readonly string[],
): ReadProtocol {
  const notKept = new Set<string>();
  const bodyParts: string[] = [];
  const definitions = items(object, Tag.HangingProtocolDefinitionSequence);
  for (const each of definitions) {
    for (const region of items(each, Tag.AnatomicRegionSequence)) bodyParts.push(text(region, Tag.CodeMeaning) ?? "");
    if (items(each, Tag.ProcedureCodeSequence).length > 0)
      notKept.add("It is not limited to the procedures that it names.");
    if (items(each, Tag.ReasonForRequestedProcedureCodeSequence).length > 0)
      notKept.add("It is not limited to the reasons for examination that it names.");
    if (text(each, Tag.Laterality)) notKept.add("It is not limited to one side.");
  }
  const sets = imageSets(object, bodyParts, notKept);
  const stages = stagesOf(object, sets, notKept);
  if ((number(object, Tag.NumberOfScreens) ?? 1) > 1) notKept.add("Its screens become one screen.");
  const asked = [...sets.values()].flatMap((set) => set?.want.modality ?? []);
  const defined = definitions.flatMap((each) => text(each, Tag.Modality) ?? []);
  const { data } = Protocol.safeParse({
    name: (text(object, Tag.HangingProtocolName) ?? "Hanging protocol").slice(0, 60),
    modalities: [...new Set(defined.length > 0 ? defined : asked)],
    regions: regionsOf(bodyParts),
    stages,
  });
  return { protocol: data ?? null, notKept: [...notKept] };
}

function imageSets(object: Attributes, bodyParts: string[], notKept: Set<string>): Map<number, ImageSet> {
  const sets = new Map<number, ImageSet>();
  for (const group of items(object, Tag.ImageSetsSequence)) {
    const want: Want = {};
    for (const selector of items(group, Tag.ImageSetSelectorSequence)) {
      const attribute = text(selector, Tag.SelectorAttribute) ?? "";
      if (attribute === Tag.BodyPartExamined) bodyParts.push(...valuesOf(selector));
      else if (!askFor(want, attribute, valuesOf(selector))) notKept.add(`${tagName(attribute)} is not asked for.`);
    }
    for (const timed of items(group, Tag.TimeBasedImageSetsSequence)) {
      const study = studyOf(timed);
      if (study === null)
        notKept.add("A study by its age, or the oldest one, cannot be asked for: its places stay empty.");
      sets.set(number(timed, Tag.ImageSetNumber) ?? -1, study === null ? null : { study, want });
    }
  }
  return sets;
}

/** 0: the current study; n: its nth prior. Null for what cannot be asked for. */
function studyOf(timed: Attributes): number | null {
  const [from, to] = numbers(timed, Tag.AbstractPriorValue);
  if (text(timed, Tag.ImageSetSelectorCategory) === "ABSTRACT_PRIOR")
    return from !== undefined && from === (to ?? from) && from >= 0 && from <= 9 ? from : null;
  return numbers(timed, Tag.RelativeTime).every((each) => each === 0) ? 0 : null;
}

const valuesOf = (selector: Attributes): string[] =>
  [Tag.SelectorCSValue, Tag.SelectorSHValue, Tag.SelectorLOValue].flatMap((tag) => texts(selector, tag));

const views: ReadonlySet<string> = new Set<ViewName>(["PA", "AP", "LAT", "CC", "MLO", "ML", "LM", "OBL"]);

/** Adds what a selector or a filter asks to what a place asks. @returns whether it can be asked. */
function askFor(want: { -readonly [K in keyof Want]: Want[K] }, attribute: string, values: string[]): boolean {
  const [first] = values;
  switch (attribute) {
    case Tag.Modality:
      want.modality = values;
      return values.length > 0;
    case Tag.ViewPosition: {
      const known = values.map((each) => (/^(LL|RL)$/.test(each) ? "LAT" : each));
      if (known.length === 0 || !known.every((each) => views.has(each))) return false;
      want.view = known as ViewName[];
      return true;
    }
    case Tag.ImageLaterality:
    case Tag.Laterality:
    case Tag.FrameLaterality:
      if (values.length !== 1 || (first !== "L" && first !== "R")) return false;
      want.side = first;
      return true;
    default:
      return false;
  }
}

const planes: Readonly<Record<string, Plane>> = {
  TRANSVERSE: "axial",
  SAGITTAL: "sagittal",
  CORONAL: "coronal",
  OBLIQUE: "oblique",
};

/** HU. Of VOI Type (PS3.3 §C.23.3) those that mean one window. */
const windows: Readonly<Record<string, HangingWindow>> = {
  LUNG: { center: -600, width: 1500 },
  MEDIASTINUM: { center: 40, width: 400 },
  ABDO_PELVIS: { center: 40, width: 400 },
  LIVER: { center: 60, width: 160 },
  SOFT_TISSUE: { center: 40, width: 400 },
  BONE: { center: 480, width: 2500 },
  BRAIN: { center: 40, width: 80 },
  POST_FOSSA: { center: 35, width: 150 },
};

/** A place with the box that it stands in, in shares of the screens: left, top, right, bottom, from the lower left corner. */
type Boxed = { place: Place; box: readonly [number, number, number, number] };

function stagesOf(object: Attributes, sets: Map<number, ImageSet>, notKept: Set<string>): Stage[] {
  const groups = new Map<number, { name: string; places: Boxed[] }>();
  for (const set of items(object, Tag.DisplaySetsSequence)) {
    const n = number(set, Tag.DisplaySetPresentationGroup) ?? 1;
    const group = groups.get(n) ?? { name: "", places: [] };
    group.name ||= text(set, Tag.DisplaySetPresentationGroupDescription) ?? "";
    groups.set(n, group);
    const [box, ...more] = items(set, Tag.ImageBoxesSequence);
    const position = numbers(box ?? {}, Tag.DisplayEnvironmentSpatialPosition);
    if (!box || position.length !== 4) {
      notKept.add("A display set without a place on the screen is left out.");
      continue;
    }
    const layout = text(box, Tag.ImageBoxLayoutType) ?? "STACK";
    if (more.length > 0 || layout === "TILED") notKept.add("Several images of one series side by side become a stack.");
    group.places.push({
      place: placeOf(set, sets.get(number(set, Tag.ImageSetNumber) ?? -1) ?? null, notKept),
      box: position as unknown as Boxed["box"],
    });
  }
  return [...groups].flatMap(([n, { name, places }]) => {
    const stage = stageOf((name || `Group ${n}`).slice(0, 40), places, notKept);
    if (!stage) notKept.add(`Its group "${name || n}" cannot be laid out in rows and columns of up to five.`);
    return stage ?? [];
  });
}

function placeOf(set: Attributes, from: ImageSet, notKept: Set<string>): Place {
  const empty: Place = { study: 0, wants: [] };
  if (!from) return empty;
  const want: { -readonly [K in keyof Want]: Want[K] } = { ...from.want };
  for (const filter of items(set, Tag.FilterOperationsSequence)) {
    const member = text(filter, Tag.FilterByOperator) === "MEMBER_OF";
    const values = valuesOf(filter);
    const attribute = text(filter, Tag.SelectorAttribute) ?? "";
    if (text(filter, Tag.FilterByCategory) === "IMAGE_PLANE") {
      const plane = values.flatMap((each) => planes[each] ?? []);
      if (member && plane.length === values.length && plane.length > 0) want.plane = plane;
      else notKept.add("Planes that are left out are not left out.");
    }
    // Localizers hang nowhere by themselves.
    else if (attribute === Tag.ImageType && !member && values.every((each) => each === "LOCALIZER")) continue;
    else if (!member || !askFor(want, attribute, values)) notKept.add(`${tagName(attribute)} is not asked for.`);
  }
  const reformatted = text(set, Tag.ReformattingOperationType);
  if (reformatted === "MPR") {
    const plane = planes[text(set, Tag.ReformattingOperationInitialViewDirection) ?? ""];
    if (plane) want.plane = [plane];
    notKept.add("Planes are not computed: a stored series of the plane is shown, or the place stays empty.");
  }
  if ((reformatted && reformatted !== "MPR") || text(set, Tag.BlendingOperationType)) {
    notKept.add("Rendered and blended volumes are not shown: their places stay empty.");
    return empty;
  }
  if (text(set, Tag.ShowGrayscaleInverted) === "YES") notKept.add("Inverting is left to its reader.");
  const voi = text(set, Tag.VOIType);
  const window = voi && want.modality?.join() === "CT" ? windows[voi] : undefined;
  if (voi && !window) notKept.add("A kind of window is kept for CT alone.");
  const isBreast = want.modality?.join() === "MG" && want.view !== undefined;
  if (texts(set, Tag.DisplaySetPatientOrientation).length > 0 && !isBreast && want.modality?.every(isProjection))
    notKept.add("Pictures are shown as they were sent, not turned.");
  return {
    study: from.study,
    wants: [want],
    ...(window ? { window } : {}),
    ...(isBreast ? { fit: "breast" as const } : {}),
  };
}

/** Boxes as rows and columns: a line for each edge at which boxes begin. */
function stageOf(name: string, places: readonly Boxed[], notKept: Set<string>): Stage | null {
  const lefts = edges(places.map(({ box }) => box[0]));
  // From the top: the origin is the lower left corner.
  const tops = edges(places.map(({ box }) => -box[1]));
  const [rows, columns] = [tops.length, lefts.length];
  if (rows < 1 || columns < 1 || rows > 5 || columns > 5) return null;
  const cells: Place[] = Array.from({ length: rows * columns }, () => ({ study: 0, wants: [] }));
  const taken = new Set<number>();
  for (const { place, box } of places) {
    const at = indexOf(tops, -box[1]) * columns + indexOf(lefts, box[0]);
    if (taken.has(at)) return null;
    taken.add(at);
    cells[at] = place;
  }
  const sizes = (of: (box: Boxed["box"]) => number) => edges(places.map(({ box }) => of(box))).length;
  if (sizes(([left, , right]) => right - left) > 1 || sizes(([, top, , bottom]) => top - bottom) > 1)
    notKept.add("Boxes of different sizes become cells of one size.");
  return { name, rows, columns, places: cells, fewest: 1 };
}

/** Shares are rounded: closer than this is one edge. */
const tolerance = 0.02;
const edges = (values: readonly number[]): number[] =>
  values.toSorted((a, b) => a - b).filter((value, i, all) => i === 0 || value - (all[i - 1] ?? 0) > tolerance);
const indexOf = (all: readonly number[], value: number): number =>
  all.findLastIndex((edge) => edge <= value + tolerance);

/** `"00080060"` as documents write it. */
const tagName = (tag: string): string => (tag ? `(${tag.slice(0, 4)},${tag.slice(4)})` : "A private attribute");
