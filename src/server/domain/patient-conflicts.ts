import { type DicomJson, personNameOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import type { DifferingAttribute } from "@overread/shared/reasons";
import { compareIdentity, type Demographics } from "./patient-identity.ts";

/** An attribute in which two images of one study name different patients. */
export type PatientConflict = DifferingAttribute;

/**
 * The attributes in which an image contradicts the study's patient. An attribute that either leaves empty contradicts
 * nothing; names are compared as in `patient-identity.ts`.
 *
 * @param known the study-level attributes of the first image.
 */
export function patientConflicts(known: DicomJson, image: DicomJson): PatientConflict[] {
  // Usually both are identical; then nothing needs to be normalised.
  if (
    [Tag.PatientName, Tag.PatientID, Tag.IssuerOfPatientID, Tag.PatientBirthDate, Tag.PatientSex].every((tag) =>
      same(known, image, tag),
    )
  )
    return [];
  const differs = (tag: string): boolean => {
    const [a, b] = [known, image].map((dataset) => (stringOf(dataset, tag) ?? "").trim());
    return a !== "" && b !== "" && a !== b;
  };
  const conflicts: PatientConflict[] = [];
  if (differs(Tag.PatientID)) conflicts.push("patient-id");
  if (differs(Tag.IssuerOfPatientID)) conflicts.push("issuer");
  return [...conflicts, ...compareIdentity(demographics(known), demographics(image)).differ];
}

function demographics(dataset: DicomJson): Demographics {
  const { alphabetic = "", ideographic = "", phonetic = "" } = personNameOf(dataset, Tag.PatientName) ?? {};
  return {
    patientName: [alphabetic, ideographic, phonetic].join("="),
    patientBirthDate: stringOf(dataset, Tag.PatientBirthDate) ?? "",
    patientSex: stringOf(dataset, Tag.PatientSex) ?? "",
  };
}

function same(a: DicomJson, b: DicomJson, tag: string): boolean {
  return JSON.stringify(a[tag]?.Value ?? null) === JSON.stringify(b[tag]?.Value ?? null);
}
