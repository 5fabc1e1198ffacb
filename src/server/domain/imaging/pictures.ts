import { kindOf } from "@overread/shared/dicom/sop-classes";

/**
 * Whether an object is an acquired image for a radiologist to read. Presentation states, key object selections,
 * structured reports, encapsulated documents, waveforms (ECG), spectra, raw data, registrations, and objects computed
 * from images (segmentations, parametric maps, radiotherapy plans, doses and structures) are not: they never create a
 * case by themselves.
 *
 * A standard image object counts even without Rows: an unnecessary case is better than an examination that nobody
 * reads. A private class counts if it has Rows.
 */
export function showsPicture(sopClassUid: string, rows: number | null | undefined): boolean {
  const kind = kindOf(sopClassUid);
  return kind === "picture" || (kind === "private" && (rows ?? 0) > 0);
}
