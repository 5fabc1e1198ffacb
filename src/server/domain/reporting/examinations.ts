import { formatDate, formatTime } from "@overread/shared/dicom/dates";
import { reportWords } from "@overread/shared/report-words";
import type { ReadTogether } from "../reading/index.ts";
import type { Section } from "./inputs.ts";

/** Key of a section that the product puts before the reader's. */
export const examinationsKey = "examinations";

/** The section that names every examination that one report is of; part of what is signed. None where it is of one alone. */
export function examinations(together: readonly ReadTogether[], language: string): Section[] {
  if (together.length < 2) return [];
  const { title, examination } = reportWords(language).examinations;
  const text = together
    .map(({ description, modalities, studyDate, studyTime, accessionNumber }) =>
      examination({
        description: description || modalities.join(" "),
        when: [formatDate(studyDate), formatTime(studyTime)].filter(Boolean).join(", "),
        accessionNumber,
      }),
    )
    .join("\n");
  return [{ key: examinationsKey, title, text }];
}
