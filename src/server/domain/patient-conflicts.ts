import { type DicomJson, personNameOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import { compareIdentity, type Demographics, type IdentityAttribute } from "./patient-identity.ts";

/** An attribute in which two images of one study name different patients. */
export type PatientConflict = "patient-id" | "issuer" | IdentityAttribute;

const words: Record<PatientConflict, string> = {
  "patient-id": "patient ID",
  issuer: "issuer of the patient ID",
  name: "name",
  "birth-date": "date of birth",
  sex: "sex",
};

/**
 * In which attributes an image contradicts what is known of the study's patient. An attribute that one of the two leaves
 * empty contradicts nothing; names are compared as `patient-identity.ts` says.
 *
 * @param known the study-level attributes, as the first image gave them.
 */
export function patientConflicts(known: DicomJson, image: DicomJson): PatientConflict[] {
  // Nearly every image says the very same; then nothing needs to be normalised.
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

/** What the case says, or null where the images agree. Names attributes, never their values. */
export function inWords(conflicts: readonly PatientConflict[]): string | null {
  if (conflicts.length === 0) return null;
  return `Images of this study name different patients: they differ in ${listed(conflicts)}. Ask the site before reading.`;
}

/** What the case says of earlier studies under its patient ID that name somebody else; null where there are none. */
export function priorsInWords(differ: readonly PatientConflict[]): string | null {
  if (differ.length === 0) return null;
  return `Earlier studies under this patient ID name another patient: they differ in ${listed(differ)}. They are not compared by themselves.`;
}

/** Attributes in words: `name and date of birth`. */
export function listed(conflicts: readonly PatientConflict[]): string {
  const named = conflicts.map((conflict) => words[conflict]);
  return named.length > 1 ? `${named.slice(0, -1).join(", ")} and ${named.at(-1)}` : `${named[0]}`;
}

function same(a: DicomJson, b: DicomJson, tag: string): boolean {
  return JSON.stringify(a[tag]?.Value ?? null) === JSON.stringify(b[tag]?.Value ?? null);
}
