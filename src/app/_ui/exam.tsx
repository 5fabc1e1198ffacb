import { examinationModalities } from "@overread/shared/dicom/modalities";
import { withoutModality } from "./format.ts";

/** An examination: modality first, and not a second time when the description begins with it. */
export function Exam({ modalities, description }: { modalities: string[]; description: string }) {
  return (
    <>
      <span className="font-medium">{examinationModalities(modalities).join(" ") || "—"}</span>{" "}
      {withoutModality(description, modalities)}
    </>
  );
}
