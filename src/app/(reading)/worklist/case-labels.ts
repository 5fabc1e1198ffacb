import { formatTime } from "@overread/shared/dicom/dates";
import { examinationModalities } from "@overread/shared/dicom/modalities";
import type { WorklistItem } from "../../_trpc/types.ts";
import { formatDicomDate } from "../../_ui/format.ts";

/** A case as listed in the command palette: patient and examination, and a hint that makes the row unique. */
export type CaseLabel = { label: string; hint: string };

/**
 * Labels cases so that no two rows are equal: always patient ID and date; where these are equal, also time, accession
 * number, facility and finally the end of the Study Instance UID.
 */
export function caseLabels(items: readonly WorklistItem[]): CaseLabel[] {
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
  const key = ({ label, hint }: CaseLabel) => `${label}\n${hint}`;
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
