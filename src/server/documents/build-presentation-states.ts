import { dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { dicomMoment } from "@overread/shared/dicom/dates";
import { uidFromName } from "@overread/shared/dicom/derived-uid";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { coordinatesOf } from "@overread/shared/measurements/coordinates";
import type { KeptPresentation } from "@overread/shared/measurements/markup";
import { imageOf, type KeptMeasurement } from "@overread/shared/measurements/measurement";
import { keptWords } from "@overread/shared/measurements/words";
import { reportWords } from "@overread/shared/report-words";
import { commonModules, part10, referencedSop, seriesModule, seriesNumbers } from "./dicom-modules.ts";
import { type DisplayedArea, displayedArea, spatialTransformation, type Turn } from "./displayed-area.ts";
import type { MarkedImage } from "./signed-markup.ts";
import type { SignedReport } from "./signed-report.ts";

/** One frame of an image, as it is presented. */
type Shown = {
  image: MarkedImage;
  frameNumber: number;
  window: { center: string; width: string; function: "LINEAR" | "LINEAR_EXACT" | "SIGMOID" };
  turn: Turn;
  area: DisplayedArea;
  inverse: boolean;
  measurements: KeptMeasurement[];
};

/**
 * How the images looked that were drawn on or are key images, with what was drawn on them: a Grayscale Softcopy
 * Presentation State for each way of turning, polarity and rescaling, since those hold for all images of a state.
 * Without one are colour images, those with a modality table, and those of which no window is known: a state without a
 * window would show another picture than the reader saw.
 *
 * @returns Part 10 files in Explicit VR Little Endian, each with its SOP Instance UID.
 * @see DICOM PS3.3 A.33.1 (Grayscale Softcopy Presentation State IOD), C.10.4 to C.10.8, C.11.1, C.11.6, C.11.8 to C.11.11
 */
export function buildPresentationStates(report: SignedReport): { sopInstanceUid: string; file: Buffer }[] {
  const groups = Map.groupBy(shownOf(report), ({ image, turn, inverse }) =>
    JSON.stringify([turn.rotation, turn.flipped, inverse, image.values]),
  );
  return [...groups.values()].map((members, at) => {
    const sopInstanceUid = uidFromName("presentation", report.uids.sr.sopInstanceUid, String(at));
    return { sopInstanceUid, file: stateOf(report, members, sopInstanceUid, at) };
  });
}

/** The frames to be presented, in the order of the key images and then of the measurements. */
function shownOf(report: SignedReport): Shown[] {
  const { markup, keyImages, study } = report;
  // A key image that was looked at as it was sent needs no state of its own.
  if (markup.measurements.length + markup.presentations.length === 0) return [];
  const keys = keyImages.filter(({ studyInstanceUid }) => studyInstanceUid === study.studyInstanceUid);
  const onImages = markup.measurements.filter(({ where }) => where.space === "image");
  const frames = new Map(
    [...keys, ...onImages.map(imageOf)].map(({ sopInstanceUid, frameNumber }) => [
      `${sopInstanceUid} ${frameNumber}`,
      { sopInstanceUid, frameNumber },
    ]),
  );
  return [...frames.values()].flatMap(({ sopInstanceUid, frameNumber }) => {
    const image = markup.images.find((each) => each.sopInstanceUid === sopInstanceUid);
    if (!image || image.values === "colour" || image.values === "table") return [];
    const isHere = (each: { sopInstanceUid: string; frameNumber: number }) =>
      each.sopInstanceUid === sopInstanceUid && each.frameNumber === frameNumber;
    const kept = markup.presentations.find((each) => each.image.seriesInstanceUid === image.seriesInstanceUid);
    const window = windowOf(kept, image, frameNumber) ?? keyWindow(keys.find(isHere));
    if (!window) return [];
    const { area, turn } = displayedArea(image, kept?.camera ?? null);
    return [
      {
        image,
        frameNumber,
        window,
        turn,
        area,
        inverse: image.inverse !== (kept?.inverted ?? false),
        measurements: onImages.filter((each) => isHere(imageOf(each))),
      },
    ];
  });
}

function windowOf(kept: KeptPresentation | undefined, image: MarkedImage, frameNumber: number): Shown["window"] | null {
  const own = kept?.windows.find(
    (each) => each.sopInstanceUid === image.sopInstanceUid && each.frameNumber === frameNumber,
  );
  const window = own?.window ?? kept?.window;
  if (window) return { center: decimal(window.center), width: decimal(window.width), function: window.shape };
  return image.window && { ...image.window, function: "LINEAR" };
}

function keyWindow(key: SignedReport["keyImages"][number] | undefined): Shown["window"] | null {
  const { windowCenter, windowWidth } = key ?? {};
  if (windowCenter === undefined || windowWidth === undefined) return null;
  return { center: decimal(windowCenter), width: decimal(windowWidth), function: "LINEAR" };
}

const decimal = (value: number): string => String(Number(value.toPrecision(10))).slice(0, 16);

function stateOf(report: SignedReport, members: Shown[], sopInstanceUid: string, at: number): Buffer {
  const { date, time } = dicomMoment(report.signature.at, report.facility.timeZone);
  const [first] = members;
  if (!first) throw new Error("a presentation of nothing");
  const title = reportWords(report.language).titles.presentation;
  // A presentation state is dated by its creation alone.
  const common = commonModules(report, { sopClassUid: SOP.grayscalePresentationState, sopInstanceUid });
  const { [Tag.ContentDate]: _date, [Tag.ContentTime]: _time, ...undated } = common;
  const drawn = members.filter(({ measurements }) => measurements.length > 0);
  return part10(
    {
      ...report.identity,
      ...undated,
      ...seriesModule(
        "PR",
        uidFromName("presentation-series", report.uids.sr.sopInstanceUid),
        seriesNumbers.presentation,
        title,
      ),
      ...dataSet({
        Laterality: null,
        InstanceNumber: at + 1,
        ContentLabel: `REPORT_${report.version}`,
        ContentDescription: title,
        PresentationCreationDate: date,
        PresentationCreationTime: time,
        ContentCreatorName: report.signature.personName,
        ReferencedSeriesSequence: [...Map.groupBy(members, ({ image }) => image.seriesInstanceUid)].map(
          ([seriesInstanceUid, all]) =>
            dataSet({ SeriesInstanceUID: seriesInstanceUid, ReferencedImageSequence: imagesOf(all) }),
        ),
        ...(typeof first.image.values === "object"
          ? {
              RescaleIntercept: first.image.values.intercept,
              RescaleSlope: first.image.values.slope,
              RescaleType: first.image.values.type,
            }
          : {}),
        SoftcopyVOILUTSequence: alike(members, ({ window }) => window).map(([window, all]) =>
          dataSet({
            ReferencedImageSequence: imagesOf(all),
            WindowCenter: window.center,
            WindowWidth: window.width,
            VOILUTFunction: window.function === "LINEAR" ? undefined : window.function,
          }),
        ),
        DisplayedAreaSelectionSequence: alike(members, ({ area }) => area).map(([area, all]) =>
          dataSet({
            ReferencedImageSequence: imagesOf(all),
            DisplayedAreaTopLeftHandCorner: [...area.topLeft],
            DisplayedAreaBottomRightHandCorner: [...area.bottomRight],
            PresentationSizeMode: "SCALE TO FIT",
            PresentationPixelSpacing: area.spacing ? area.spacing.map(decimal) : undefined,
            PresentationPixelAspectRatio: area.spacing ? undefined : [1, 1],
          }),
        ),
        ...spatialTransformation(first.turn),
        PresentationLUTShape: first.inverse ? "INVERSE" : "IDENTITY",
        ...(drawn.length > 0
          ? {
              GraphicLayerSequence: [dataSet({ GraphicLayer: layer, GraphicLayerOrder: 1 })],
              GraphicAnnotationSequence: drawn.map(annotation),
            }
          : {}),
      }),
    },
    report.characterSet,
  );
}

const layer = "MEASUREMENTS";

/** Members of equal value, in the order of the first of each. */
function alike<T>(members: readonly Shown[], of: (shown: Shown) => T): [T, Shown[]][] {
  return [...Map.groupBy(members, (each) => JSON.stringify(of(each))).values()].flatMap((all) =>
    all[0] ? [[of(all[0]), all] satisfies [T, Shown[]]] : [],
  );
}

/** An item for each image, with the frames that are meant where it has several. */
function imagesOf(members: readonly Shown[]): WritableDataSet[] {
  return [...Map.groupBy(members, ({ image }) => image.sopInstanceUid).values()].flatMap((all) => {
    const [first] = all;
    if (!first) return [];
    const frames = all.map(({ frameNumber }) => frameNumber).sort((a, b) => a - b);
    const several = first.image.numberOfFrames > 1;
    return [{ ...referencedSop(first.image), ...dataSet({ ReferencedFrameNumber: several ? frames : undefined }) }];
  });
}

/** PS3.3 C.10.5: the drawings of one frame and beside each its value. */
function annotation(shown: Shown): WritableDataSet {
  const graphics = shown.measurements.flatMap((measurement) =>
    measurement.where.space === "image"
      ? coordinatesOf({ ...measurement, points: measurement.where.points }).map(({ type, points }) =>
          dataSet({
            GraphicAnnotationUnits: "PIXEL",
            GraphicDimensions: 2,
            NumberOfGraphicPoints: points.length,
            GraphicData: points.flat(),
            GraphicType: type,
            GraphicFilled: isClosed(type, points) ? "N" : undefined,
          }),
        )
      : [],
  );
  const texts = shown.measurements.map((measurement) =>
    dataSet({
      AnchorPointAnnotationUnits: "PIXEL",
      UnformattedTextValue: keptWords(measurement),
      AnchorPoint: [...(measurement.where.points[0] ?? [0, 0]).slice(0, 2)],
      AnchorPointVisibility: "N",
    }),
  );
  return dataSet({
    ReferencedImageSequence: imagesOf([shown]),
    GraphicLayer: layer,
    TextObjectSequence: texts,
    GraphicObjectSequence: graphics,
  });
}

/** Graphic Filled is asked for of circles, ellipses and ways that end where they begin. */
function isClosed(type: string, points: readonly (readonly number[])[]): boolean {
  return type === "CIRCLE" || type === "ELLIPSE" || (points.length > 2 && points[0] === points.at(-1));
}
