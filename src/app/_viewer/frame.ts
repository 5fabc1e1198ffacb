import type { Attributes } from "@overread/shared/dicom/attributes";
import type { PixelSize } from "./spacing.ts";
import type { UltrasoundScale } from "./ultrasound.ts";
import type { Vec3 } from "./vectors.ts";
import type { Shape } from "./voi.ts";

export type NamedWindow = { name: string; center: number; width: number; shape: Shape };

/** How a plane is made out of the voxels of a series. */
type Reformat = {
  /** Key of the volume in the store of volumes. */
  readonly volume: string;
  /** `"coronal"`, `"coronal MIP 20 mm"`: how the plane is named on the screen and in a report. */
  readonly words: string;
  readonly slab: Slab | null;
};

/** A thick plane: the largest, the smallest or the mean value through it. */
export type Slab = { readonly kind: "mip" | "minip" | "average"; readonly mm: number };

/** One displayable image: a single-frame instance or one frame of a multi-frame instance. */
export type Frame = {
  /** Cornerstone's image id: `wadors:` and the frame's address. */
  imageId: string;
  sopInstanceUid: string;
  sopClassUid: string;
  seriesInstanceUid: string;
  /** From 1. */
  frameNumber: number;
  numberOfFrames: number;
  /** The number readers cite: Instance Number, or the frame number of a multi-frame instance. */
  imageNumber: number | null;
  rows: number;
  columns: number;
  samplesPerPixel: number;
  photometricInterpretation: string;
  /** The largest value is black (PS3.3 §C.7.6.3.1.2, §C.11.6.1.2). */
  inverse: boolean;
  size: PixelSize;
  /** Null for anything but an ultrasound image with regions. */
  ultrasound: UltrasoundScale | null;
  /** Patient coordinates, mm; null where the image has none. */
  position: Vec3 | null;
  rowDirection: Vec3 | null;
  columnDirection: Vec3 | null;
  /** Position of the slice along its normal, mm. */
  alongNormal: number | null;
  frameOfReferenceUid: string;
  sliceThickness: number | null;
  sliceLocation: number | null;
  windows: NamedWindow[];
  /** How the pixels were lossily compressed, as text for the corner of the image; null when no loss is known. */
  lossy: string | null;
  /** Side and view of a projection, and what sets it apart: `"R CC"`, `"L MLO tomosynthesis"`, `"R ML magnification"`. */
  view: string | null;
  /** Attributes of the instance, functional groups flattened for this frame. */
  attributes: Attributes;
  /** Attributes of the instance as sent. */
  instance: Attributes;
  /** A plane made out of a volume: no instance of the archive, so it has no SOP Instance UID. */
  reformat?: Reformat;
};
