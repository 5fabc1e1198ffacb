/** Standard storage classes under 1.2.840.10008.5.1.4.1.1 whose objects show no picture of the patient that was acquired. */
const withoutPictures =
  /^(4\.2|8|9|9\..*|10|11|11\..*|30|66|66\..*|67|68\..*|77\.1\.5\.3|78\..*|79\..*|80\..*|88\..*|90\..*|91\..*|104\..*|131|200\..*|481\.(?!(1|23|24)$).*)$/;
const standard = "1.2.840.10008.";
const storage = "1.2.840.10008.5.1.4.1.1.";

/**
 * Whether an object is something a radiologist is asked to look at: an acquired picture. Presentation states, key object selections,
 * structured reports, encapsulated documents, waveforms (ECG), spectra, raw data, registrations, and what was computed or drawn from
 * pictures (segmentations, parametric maps, radiotherapy plans, doses and structures) are not: they never make a case by themselves.
 *
 * A standard image counts although its Rows are missing: better one case too many than an examination that nobody hears of. Of a
 * private class nothing is known but whether it has rows.
 *
 * @see DICOM PS3.4 Annex B.5 (storage SOP classes)
 */
export function showsPicture(sopClassUid: string, rows: number | null | undefined): boolean {
  if (!sopClassUid.startsWith(standard)) return (rows ?? 0) > 0;
  return sopClassUid.startsWith(storage) && !withoutPictures.test(sopClassUid.slice(storage.length));
}
