import { type DicomJson, personNameOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { normalisePersonName } from "@overread/shared/dicom/person-name";

/** An attribute in which two images of one study name different patients. */
export type PatientConflict = "patient-id" | "issuer" | "name" | "birth-date";

const words: Record<PatientConflict, string> = {
  "patient-id": "patient ID",
  issuer: "issuer of the patient ID",
  name: "name",
  "birth-date": "date of birth",
};

/**
 * In which attributes an image contradicts what is known of the study's patient. An attribute that one of the two leaves
 * empty contradicts nothing; neither does a name that says more than the other (a middle name, another writing).
 *
 * @param known the study-level attributes, as the first image gave them.
 */
export function patientConflicts(known: DicomJson, image: DicomJson): PatientConflict[] {
  // Nearly every image says the very same; then nothing needs to be normalised.
  if (["00100010", "00100020", "00100021", "00100030"].every((tag) => same(known, image, tag))) return [];
  const differs = (tag: string): boolean => {
    const [a, b] = [known, image].map((dataset) => (stringOf(dataset, tag) ?? "").trim());
    return a !== "" && b !== "" && a !== b;
  };
  const conflicts: PatientConflict[] = [];
  if (differs("00100020")) conflicts.push("patient-id");
  if (differs("00100021")) conflicts.push("issuer");
  if (namesContradict(known, image)) conflicts.push("name");
  if (differs("00100030")) conflicts.push("birth-date");
  return conflicts;
}

/** What the case says, or null where the images agree. Names attributes, never their values. */
export function inWords(conflicts: readonly PatientConflict[]): string | null {
  if (conflicts.length === 0) return null;
  const named = conflicts.map((conflict) => words[conflict]);
  const list = named.length > 1 ? `${named.slice(0, -1).join(", ")} and ${named.at(-1)}` : named[0];
  return `Images of this study name different patients: they differ in ${list}. Ask the site before reading.`;
}

function same(a: DicomJson, b: DicomJson, tag: string): boolean {
  return JSON.stringify(a[tag]?.Value ?? null) === JSON.stringify(b[tag]?.Value ?? null);
}

function namesContradict(known: DicomJson, image: DicomJson): boolean {
  const [a, b] = [personNameOf(known, "00100010"), personNameOf(image, "00100010")];
  const shared = (["alphabetic", "ideographic", "phonetic"] as const).filter((group) => a?.[group] && b?.[group]);
  return shared.some((group) => {
    const [first, second] = [a, b].map((name) => {
      const key = normalisePersonName({ alphabetic: name?.[group] ?? "" });
      return new Set(key === "" ? [] : key.split(" "));
    }) as [Set<string>, Set<string>];
    return !first.isSubsetOf(second) && !second.isSubsetOf(first);
  });
}
