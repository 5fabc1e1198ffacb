import { z } from "zod";

const planes = ["axial", "sagittal", "coronal", "oblique"] as const;
const weightings = ["t1", "t2", "flair", "pd", "stir", "dwi", "adc", "swi", "tof"] as const;
const kernels = ["soft", "lung", "bone"] as const;
/** Views of projection radiography and mammography, as View Position names them (PS3.3 §C.8.7.1.1.1, §C.8.11.7.1). */
const views = ["PA", "AP", "LAT", "CC", "MLO", "ML", "LM", "OBL"] as const;
const sides = ["L", "R"] as const;
/** Mammograms as they came about, loops and runs, and what a slide scanner takes of a slide. */
const pictureKinds = ["2d", "synthetic", "tomo", "subtracted", "loop", "overview", "label", "slide"] as const;
/** What a place can be asked for by a word of a list. */
export const wantChoices = {
  plane: planes,
  weighting: weightings,
  kernel: kernels,
  view: views,
  picture: pictureKinds,
} as const;
export type Plane = (typeof planes)[number];
export type Weighting = (typeof weightings)[number];
export type Kernel = (typeof kernels)[number];
export type ViewName = (typeof views)[number];
export type PictureKind = (typeof pictureKinds)[number];
export type Side = (typeof sides)[number];

const some = <const V extends readonly [string, ...string[]]>(values: V) =>
  z.array(z.enum(values)).min(1).max(values.length).readonly();

const Modality = z.string().regex(/^[A-Z]{2,16}$/);

/** What a place of a stage may ask of a series or a picture; what it does not name may be anything. */
const Want = z.strictObject({
  modality: z.array(Modality).min(1).max(10).readonly().optional(),
  plane: some(planes).optional(),
  weighting: some(weightings).optional(),
  contrast: z.boolean().optional(),
  fatSaturated: z.boolean().optional(),
  kernel: some(kernels).optional(),
  /** A standard view: a magnification or the like is none. */
  view: some(views).optional(),
  side: z.enum(sides).optional(),
  picture: some(pictureKinds).optional(),
  /** A picture that is no standard view. */
  apart: z.literal(true).optional(),
});
export type Want = z.output<typeof Want>;

const HangingWindow = z.strictObject({
  center: z.number().min(-100_000).max(100_000),
  width: z.number().min(0.001).max(200_000),
});
export type HangingWindow = z.output<typeof HangingWindow>;

/** One cell of a stage. */
const Place = z.strictObject({
  /** 0: the current study; 1: its most relevant prior of the same patient, and so on. */
  study: z.int().min(0).max(9),
  /** In order of preference: the first that some series answers decides. Without any the cell stays empty. */
  wants: z.array(Want).max(6).readonly(),
  /** Opens with this instead of the window as sent. Places with a window may show a series that another place shows. */
  window: HangingWindow.optional(),
  /** A mammogram: back to back with the other side's, all of the stage of one scale. */
  fit: z.literal("breast").optional(),
  /** The series as a stack, also where its pictures are looked at one by one. */
  whole: z.literal(true).optional(),
  /** Of all that answers the one of this number, from 0, in the study's order: pictures of a grid. */
  nth: z.int().min(0).max(200).optional(),
});
export type Place = z.output<typeof Place>;

const sideOfLayout = z.int().min(1).max(5);
/** A screen of cells, row by row. */
const Stage = z
  .strictObject({
    name: z.string().trim().min(1).max(40),
    rows: sideOfLayout,
    columns: sideOfLayout,
    places: z.array(Place).min(1).max(25).readonly(),
    /** With fewer places answered the stage is passed over. */
    fewest: z.int().min(1).max(25),
    /** With more places answered the stage is passed over. */
    most: z.int().min(1).max(25).optional(),
    /** Empty places are closed up, always or where at most half is filled: as many cells as there are pictures, wider than high. */
    close: z.enum(["always", "sparse"]).optional(),
  })
  .refine(({ rows, columns, places }) => places.length === rows * columns, "a place for each cell");
export type Stage = z.output<typeof Stage>;

/** How studies of a kind are laid out: the first stage when they are opened, the others by a key. */
export const Protocol = z.strictObject({
  name: z.string().trim().min(1).max(60),
  modalities: z.array(Modality).min(1).max(10).readonly(),
  /** The study has to have every one of the modalities: PET with CT. */
  together: z.literal(true).optional(),
  /** Body regions, one of which the study has to show; empty: whatever it shows. */
  regions: z.array(z.string().max(30)).max(20).readonly(),
  stages: z.array(Stage).min(1).max(12).readonly(),
});
export type Protocol = z.output<typeof Protocol> & { readonly id: string };
