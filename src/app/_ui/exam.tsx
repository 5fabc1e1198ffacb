import { examinationModalities } from "@overread/shared/dicom/modalities";
import { withoutModality } from "./format.ts";

/** An examination: the modality, then the description without a repeated modality. */
export function Exam({ modalities, description }: { modalities: string[]; description: string }) {
  return (
    <>
      <span className="font-medium">{examinationModalities(modalities).join(" ") || "—"}</span>{" "}
      {withoutModality(description, modalities)}
    </>
  );
}
