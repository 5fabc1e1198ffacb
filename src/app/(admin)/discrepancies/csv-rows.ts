import { examinationModalities } from "@overread/shared/dicom/modalities";
import type { Outputs } from "../../_trpc/types.ts";

const head = [
  "Over-read (UTC)",
  "Case",
  "Facility",
  "Modality",
  "Study date",
  "First reader",
  "Over-reader",
  "Score",
  "Matters to the patient",
  "What differs",
  "Acknowledged (UTC)",
  "Noted (UTC)",
  "Noted by",
  "What was done",
  "Site told (UTC)",
];

/** A line for each discrepancy, with the newest note of what was done. */
export function csvRows(items: Outputs["discrepancy"]["export"]["items"]): string[][] {
  return [
    head,
    ...items.map((item) => {
      const [note] = item.closures;
      return [
        item.at,
        item.caseId,
        item.facility,
        examinationModalities(item.modalities).join(" "),
        item.studyDate,
        item.firstReader,
        item.overReader,
        String(item.score),
        item.significant ? "yes" : "no",
        item.comment,
        item.acknowledgedAt ?? "",
        note?.at ?? "",
        note?.by ?? "",
        note?.note ?? "",
        note ? (note.siteToldAt ?? "no") : "",
      ];
    }),
  ];
}
