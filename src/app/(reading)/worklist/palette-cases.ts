import { formatTime } from "@overread/shared/dicom/dates";
import { examinationModalities } from "@overread/shared/dicom/modalities";
import type { WorklistItem } from "../../_trpc/types.ts";
import { formatDicomDate } from "../../_ui/format.ts";

/** What a case is called in the palette: who and what, and beside it what tells it from every other one there. */
export type CaseWords = { label: string; hint: string };

/**
 * Names cases so that no two rows say the same: patient ID and date always; time, accession number, facility and at last the end
 * of the study's UID where these are the same too.
 */
export function caseWords(items: readonly WorklistItem[]): CaseWords[] {
  const label = (item: WorklistItem) =>
    `${item.identity === "conflict" ? "Patient? " : item.identity === "unknown" ? "No ID " : ""}${item.patientName} — ${item.studyDescription || examinationModalities(item.modalities).join(" ")}`;
  const further: ((item: WorklistItem) => string)[] = [
    (item) => formatTime(item.studyTime),
    (item) => (item.accessionNumber ? `acc. ${item.accessionNumber}` : ""),
    (item) => item.facility,
    (item) => `…${item.studyInstanceUid.slice(-8)}`,
    (item) => item.caseId,
  ];
  const words = items.map((item) => ({
    label: label(item),
    hint: [item.patientId, formatDicomDate(item.studyDate)].filter(Boolean).join(" · "),
  }));
  const key = ({ label, hint }: CaseWords) => `${label}\n${hint}`;
  for (const more of further) {
    const seen = new Map<string, number>();
    for (const each of words) seen.set(key(each), (seen.get(key(each)) ?? 0) + 1);
    for (const [i, each] of words.entries()) {
      const addition = (seen.get(key(each)) ?? 0) > 1 && more(items[i] as WorklistItem);
      if (addition) words[i] = { ...each, hint: `${each.hint} · ${addition}` };
    }
  }
  return words;
}
