/** What a series of a modality (0008,0060) holds (PS3.3 C.7.3.1.1.1). What is not here makes pictures. */
const kinds: Readonly<Record<string, "none" | "derived" | "any">> = {
  // Words, pages, sounds, curves, and what refers to pictures: never any of their own.
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
  // Pictures about other pictures.
  RTDOSE: "derived",
  SEG: "derived",
  // Whatever else somebody added: a scanned paper, a photograph, a PDF.
  OT: "any",
};

/** Whether a series may hold something to look at; its images have the last word. */
export const mayHavePictures = (modality: string): boolean => kinds[modality] !== "none";

/** Whether its pictures were made from others: to be opened, and nothing to begin with. */
export const isDerived = (modality: string): boolean => kinds[modality] === "derived";

/** Whether it names an examination; the rest accompanies one. */
export const isExamination = (modality: string): boolean => !(modality in kinds);

/** The modalities that name the examination; all of them where none does. A report stored into a study makes it no other examination. */
export function examinationModalities(modalities: readonly string[]): string[] {
  const named = modalities.filter(isExamination);
  return named.length > 0 ? named : [...modalities];
}
