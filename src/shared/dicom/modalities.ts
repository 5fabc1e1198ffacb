/** Kinds of modalities (0008,0060) by content (PS3.3 C.7.3.1.1.1). Unlisted ones are imaging modalities. */
const kinds: Readonly<Record<string, "none" | "derived" | "any">> = {
  // Documents, waveforms, and references to images: no images of their own.
  AU: "none",
  DOC: "none",
  ECG: "none",
  FID: "none",
  KO: "none",
  PR: "none",
  REG: "none",
  RTPLAN: "none",
  RTRECORD: "none",
  RTSTRUCT: "none",
  RWV: "none",
  SR: "none",
  // Derived from other images.
  RTDOSE: "derived",
  SEG: "derived",
  // Other attachments: scanned paper, a photograph, a PDF.
  OT: "any",
};

/** Whether a series may contain images; its instances decide. */
export const mayHavePictures = (modality: string): boolean => kinds[modality] !== "none";

/** Whether its images are derived from others: can be opened, but is not opened first. */
export const isDerived = (modality: string): boolean => kinds[modality] === "derived";

/** Whether it names an examination; others accompany one. */
export const isExamination = (modality: string): boolean => !(modality in kinds);

/**
 * The modalities that name the examination; all of them where none does. A report stored into a study does not change
 * the examination.
 */
export function examinationModalities(modalities: readonly string[]): string[] {
  const named = modalities.filter(isExamination);
  return named.length > 0 ? named : [...modalities];
}
