import type { SeriesFacts } from "@overread/shared/hanging/facts";
import type { Protocol, Stage } from "@overread/shared/hanging/protocol";
import type { KeptPresentation, Markup } from "@overread/shared/measurements/markup";
import type { KeptMeasurement } from "@overread/shared/measurements/measurement";
import type { Store } from "./store.ts";
import type { MeasurementKind } from "./tool-names.ts";

/** The interface between pages and viewer. Imports no code, so that server components may use these types. */

export type SeriesForViewing = {
  seriesInstanceUid: string;
  modality: string;
  seriesNumber: number | null;
  seriesDescription: string | null;
  numberOfInstances: number;
  /** The instance for the thumbnail; without it the series' own thumbnail is used. */
  thumbnailSopInstanceUid?: string | null;
  /** What hanging protocols ask for; without it no protocol hangs the series. */
  facts?: SeriesFacts;
};

export type StudyForViewing = {
  orgSlug: string;
  studyInstanceUid: string;
  /** `/dicomweb/<org>`, same origin. */
  dicomwebRoot: string;
  /** What it is to the report, as its badge says: `"Current"`, `"Read with"`, `"Prior"`. */
  label: string;
  /** Read with the current one, in one report: listed open, and no prior. */
  together?: boolean;
  /** `YYYYMMDD` as DICOM writes it, `YYYY-MM-DD`, or null when the modality sent none. */
  studyDate: string | null;
  description: string | null;
  /** Body regions that it shows, for hanging protocols. */
  regions?: readonly string[];
  series: SeriesForViewing[];
  /**
   * Why the study may be of another patient, in a sentence. Such a prior is shown only after the reader confirms it.
   */
  doubt?: string | null;
  /** The hospital that lends it while the case is claimed, with its facility; null: the case's own hospital. */
  lentBy?: string | null;
};

/** One frame of one instance; `frameNumber` starts at 1. */
export type ImagePointer = {
  seriesInstanceUid: string;
  sopInstanceUid: string;
  frameNumber: number;
};

type KeyImage = ImagePointer & {
  sopClassUid: string;
  caption: string;
  windowCenter?: number;
  windowWidth?: number;
};

/** `thumbnailDataUrl` is a JPEG of what the reader saw, at most 256 pixels wide. */
export type MarkedKeyImage = KeyImage & { studyInstanceUid: string; thumbnailDataUrl?: string };

export type Measurement = ImagePointer & {
  /** Stable for one measurement, also while the reader drags its ends. */
  id: string;
  type: MeasurementKind;
  /** Of a region the mean of its values, of two diameters the longer. */
  value: number;
  /** `mm`, `HU`, `°`; `mm at detector` in a projection without a patient-plane spacing, `px` without calibration. Empty: the values have none. */
  unit: string;
  /** Ready for the report: `"12.4 mm (series 3, image 41)"`. */
  text: string;
  sopClassUid: string;
  studyInstanceUid: string;
  /** A colleague who drew it; null: the reader's own. */
  author: string | null;
};

/** A measurement that is kept though its image cannot be opened any more. */
export type LostMeasurement = { id: string; text: string };

/** What is kept of the images of a case. */
export type KeptHere = {
  own: readonly KeptMeasurement[];
  /** How the reader looked at each series. */
  looked: readonly KeptPresentation[];
  /** Of colleagues, with their names. */
  others: readonly { author: string; measurements: readonly KeptMeasurement[] }[];
  /** SOP Instance UIDs of images that cannot be opened any more. */
  gone: readonly string[];
};

/** The screen as a stage, and for which studies a protocol of it would be. */
export type ProtocolDraft = Pick<Protocol, "modalities" | "regions"> & { stage: Stage };

/** How much of a series was on the screen. */
export type SeriesCoverage = {
  seriesInstanceUid: string;
  seriesNumber: number | null;
  description: string | null;
  modality: string;
  /** Images: frames where the series has been opened, else instances. */
  total: number;
  shown: number;
};

/** What of the studies of a report was on the screen, for whoever signs it. */
export type Coverage = Store<{ series: readonly SeriesCoverage[] }>;

export type ViewerProps = {
  current: StudyForViewing;
  /** What is read with the current study, then its priors, most relevant first. */
  priors: StudyForViewing[];
  /** The reader marked a key image. Returns why it was refused, in a sentence; null when it was added. */
  onKeyImage?: (image: MarkedKeyImage) => string | null;
  /** The reader chose a measurement for the report. Not called while measuring. */
  onMeasurement?: (measurement: Measurement) => void;
  /**
   * The reader confirms comparing with a prior whose identity is in doubt. Rejects where that could not be recorded.
   */
  onAcceptPrior?: (prior: StudyForViewing) => Promise<void>;
  /** The referring physician's page: small toolbar, one viewport, touch first. */
  compact?: boolean;
  /** Study Instance UID of the prior shown beside the current study from the start. */
  initialPrior?: string;
  /** Hanging protocols that people keep: the reader's own, then the group's. */
  protocols?: readonly (readonly Protocol[])[];
  /** Keeps the screen as a protocol. Without it nothing can be kept. */
  onKeepProtocol?: (draft: ProtocolDraft) => void;
  /** Is told what of the studies of this report was on the screen. */
  coverage?: Coverage;
  /** What is kept of the images; drawn and looked at as it was. A new object adds what is new in it. */
  kept?: KeptHere | null;
  /** The reader's own drawings and how he looks at series, after each change; only once `kept` is known. */
  onMarkup?: (markup: Markup) => void;
  /** Shows the protocols that are kept. */
  onProtocols?: () => void;
  /** Keys of the page around, for the list of keys. */
  pageKeys?: readonly { keys: readonly string[]; does: string }[];
  /** Shows this image; pass a new object to jump again. */
  jumpTo?: ImagePointer | null;
};
