import { kindOf } from "@overread/shared/dicom/sop-classes";

/**
 * Whether an object is something a radiologist is asked to look at: an acquired picture. Presentation states, key object selections,
 * structured reports, encapsulated documents, waveforms (ECG), spectra, raw data, registrations, and what was computed or drawn from
 * pictures (segmentations, parametric maps, radiotherapy plans, doses and structures) are not: they never make a case by themselves.
 *
 * A standard image counts although its Rows are missing: better one case too many than an examination that nobody hears of. Of a
 * private class nothing is known but whether it has rows.
 */
export function showsPicture(sopClassUid: string, rows: number | null | undefined): boolean {
  const kind = kindOf(sopClassUid);
  return kind === "picture" || (kind === "private" && (rows ?? 0) > 0);
}
