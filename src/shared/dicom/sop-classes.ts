/** SOP Class UIDs by a name of our own (PS3.4 B.5, PS3.6 Annex A). */
export const SOP = {
  verification: "1.2.840.10008.1.1",
  mediaStorageDirectory: "1.2.840.10008.1.3.10",
  storageCommitmentPush: "1.2.840.10008.1.20.1",
  cr: "1.2.840.10008.5.1.4.1.1.1",
  dxForPresentation: "1.2.840.10008.5.1.4.1.1.1.1",
  dxForProcessing: "1.2.840.10008.5.1.4.1.1.1.1.1",
  mgForPresentation: "1.2.840.10008.5.1.4.1.1.1.2",
  mgForProcessing: "1.2.840.10008.5.1.4.1.1.1.2.1",
  breastTomosynthesis: "1.2.840.10008.5.1.4.1.1.13.1.3",
  ct: "1.2.840.10008.5.1.4.1.1.2",
  enhancedCt: "1.2.840.10008.5.1.4.1.1.2.1",
  usMultiFrame: "1.2.840.10008.5.1.4.1.1.3.1",
  usMultiFrameRetired: "1.2.840.10008.5.1.4.1.1.3",
  mr: "1.2.840.10008.5.1.4.1.1.4",
  enhancedMr: "1.2.840.10008.5.1.4.1.1.4.1",
  us: "1.2.840.10008.5.1.4.1.1.6.1",
  secondaryCapture: "1.2.840.10008.5.1.4.1.1.7",
  ecg12Lead: "1.2.840.10008.5.1.4.1.1.9.1.1",
  grayscalePresentationState: "1.2.840.10008.5.1.4.1.1.11.1",
  xa: "1.2.840.10008.5.1.4.1.1.12.1",
  rf: "1.2.840.10008.5.1.4.1.1.12.2",
  nm: "1.2.840.10008.5.1.4.1.1.20",
  parametricMap: "1.2.840.10008.5.1.4.1.1.30",
  segmentation: "1.2.840.10008.5.1.4.1.1.66.4",
  realWorldValueMapping: "1.2.840.10008.5.1.4.1.1.67",
  basicTextSr: "1.2.840.10008.5.1.4.1.1.88.11",
  enhancedSr: "1.2.840.10008.5.1.4.1.1.88.22",
  comprehensiveSr: "1.2.840.10008.5.1.4.1.1.88.33",
  comprehensive3dSr: "1.2.840.10008.5.1.4.1.1.88.34",
  keyObjectSelection: "1.2.840.10008.5.1.4.1.1.88.59",
  vlPhotographic: "1.2.840.10008.5.1.4.1.1.77.1.4",
  encapsulatedPdf: "1.2.840.10008.5.1.4.1.1.104.1",
  pet: "1.2.840.10008.5.1.4.1.1.128",
  rtDose: "1.2.840.10008.5.1.4.1.1.481.2",
  rtStructureSet: "1.2.840.10008.5.1.4.1.1.481.3",
  rtPlan: "1.2.840.10008.5.1.4.1.1.481.5",
} as const;

/** The kind of an object, as far as the product treats kinds differently. */
export type ObjectKind =
  /** An acquired image, or one made from images: a secondary capture, a reconstruction, a video. */
  | "picture"
  /** Drawn or computed from images: segmentation, parametric map, radiotherapy plan, dose, structures. */
  | "derived"
  | "report"
  | "key-objects"
  /** PDF, CDA and models inside an object. */
  | "document"
  | "presentation-state"
  /** ECG, audio and the like. */
  | "waveform"
  /** Measurements, registrations, spectra, raw data, protocols. */
  | "other"
  /** A private class, whose content is unknown. */
  | "private";

const standard = "1.2.840.10008.";
const storage = "1.2.840.10008.5.1.4.1.1.";

/**
 * Storage SOP classes without images, by the part after `1.2.840.10008.5.1.4.1.1.`; a branch ends with a dot (PS3.4
 * B.5). The longest match counts. Everything else under that root is an image storage class.
 */
const kinds: readonly (readonly [string, ObjectKind])[] = [
  ["4.2", "other"], // MR spectroscopy
  ["8", "other"], // standalone overlay, retired, as 9, 10 and 11
  ["9", "other"],
  ["9.", "waveform"],
  ["10", "other"],
  ["11", "other"],
  ["11.", "presentation-state"],
  ["30", "derived"], // parametric map
  ["66", "other"], // raw data
  ["66.", "other"], // registrations, fiducials, tractography
  ["66.4", "derived"], // segmentation
  ["66.5", "derived"], // surface segmentation
  ["66.7", "derived"], // label map segmentation
  ["67", "other"], // real world value mapping
  ["68.", "other"], // surface scans
  ["77.1.5.3", "other"], // stereometric relationship
  ["78.", "other"], // measurements of the eye, as 79 and 80
  ["79.", "other"],
  ["80.", "other"],
  ["88.", "report"],
  ["88.59", "key-objects"],
  ["90.", "other"], // content assessment
  ["91.", "other"], // microscopy annotations
  ["104.", "document"],
  ["131", "other"], // structured display
  ["200.", "other"], // protocols
  ["201.", "other"], // inventory
  ["481.", "derived"], // radiotherapy
  ["481.1", "picture"], // RT image, plain and enhanced
  ["481.23", "picture"],
  ["481.24", "picture"],
];
const exact = new Map(kinds.filter(([suffix]) => !suffix.endsWith(".")));
const branches = kinds.filter(([suffix]) => suffix.endsWith("."));

/** @see DICOM PS3.4 Annex B.5 (storage SOP classes) */
export function kindOf(sopClassUid: string): ObjectKind {
  if (!sopClassUid.startsWith(standard)) return "private";
  if (!sopClassUid.startsWith(storage)) return "other";
  const suffix = sopClassUid.slice(storage.length);
  return exact.get(suffix) ?? branches.find(([branch]) => suffix.startsWith(branch))?.[1] ?? "picture";
}

/** Endoscopy, microscopy and photography, as pictures or films (PS3.3 A.32). */
export const isVisibleLight = (sopClassUid: string): boolean => sopClassUid.startsWith(`${storage}77.1.`);

/** A structured report or a key object selection: a tree of content items (PS3.3 C.17.3). */
export const hasContentTree = (sopClassUid: string): boolean => ["report", "key-objects"].includes(kindOf(sopClassUid));
