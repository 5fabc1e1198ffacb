/** What the pages and the viewer say to each other. No package behind these types, so a server component may import them. */

export type SeriesForViewing = {
  seriesInstanceUid: string;
  modality: string;
  seriesNumber: number | null;
  seriesDescription: string | null;
  numberOfInstances: number;
  /** Instance for the server-made thumbnail; the series thumbnail is asked for when it is not told. */
  thumbnailSopInstanceUid?: string | null;
};

export type StudyForViewing = {
  orgSlug: string;
  studyInstanceUid: string;
  /** `/dicomweb/<org>`, same origin. */
  dicomwebRoot: string;
  /** Said where space is short: `"Current"`, `"Prior"`. */
  label: string;
  /** `YYYYMMDD` as DICOM writes it, `YYYY-MM-DD`, or null when the modality sent none. */
  studyDate: string | null;
  description: string | null;
  series: SeriesForViewing[];
  /** Why it may be of somebody else, in a sentence. Such a prior is hung only when the reader says so. */
  doubt?: string | null;
};

/** One frame of one instance; `frameNumber` starts at 1. */
export type ImagePointer = {
  seriesInstanceUid: string;
  sopInstanceUid: string;
  frameNumber: number;
};

export type KeyImage = ImagePointer & {
  sopClassUid: string;
  caption: string;
  windowCenter?: number;
  windowWidth?: number;
};

/** `thumbnailDataUrl` is a JPEG of what the reader saw, at most 256 pixels wide. */
export type MarkedKeyImage = KeyImage & { studyInstanceUid: string; thumbnailDataUrl?: string };

export type Measurement = ImagePointer & {
  /** Stable for one measurement: the same id comes again when the reader drags an end of it. */
  id: string;
  type: "length" | "angle";
  value: number;
  /** `mm` in the patient, `mm at detector` in a projection without a patient-plane spacing, `px` without calibration, `°`. */
  unit: "mm" | "mm at detector" | "px" | "°";
  /** Ready for the report: `"12.4 mm (series 3, image 41)"`. */
  text: string;
  sopClassUid: string;
  studyInstanceUid: string;
};

export type ViewerProps = {
  current: StudyForViewing;
  /** Most relevant first. */
  priors: StudyForViewing[];
  /** The reader marked an image. Answers why it was not taken, in a sentence; null when it was. */
  onKeyImage?: (image: MarkedKeyImage) => string | null;
  /** The reader pressed a measurement's chip: it is meant for the report. Not called while measuring. */
  onMeasurement?: (measurement: Measurement) => void;
  /** The reader hangs a prior of which it is not certain that it is of the same person. Rejects where that could not be noted. */
  onAcceptPrior?: (prior: StudyForViewing) => Promise<void>;
  /** The referring physician's page: small toolbar, one viewport, touch first. */
  compact?: boolean;
  /** Study Instance UID of the prior shown beside the current study from the start. */
  initialPrior?: string;
  /** Shows this image; pass a new object to jump again. */
  jumpTo?: ImagePointer | null;
};
