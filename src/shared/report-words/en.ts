import type { DifferingAttribute, IdentityDoubt } from "../reasons.ts";

const attributes: Record<DifferingAttribute, string> = {
  "patient-id": "patient ID",
  issuer: "issuer of the patient ID",
  name: "name",
  "birth-date": "date of birth",
  sex: "sex",
};

/** `name and date of birth`. */
export function attributesInWords(differ: readonly DifferingAttribute[]): string {
  const named = differ.map((attribute) => attributes[attribute]);
  return named.length > 1 ? `${named.slice(0, -1).join(", ")} and ${named.at(-1)}` : `${named[0]}`;
}

function doubtThen(doubt: IdentityDoubt): string {
  switch (doubt.code) {
    case "images-name-others":
      return `Images of this study named different patients: they differed in ${attributesInWords(doubt.params.differ)}.`;
    case "priors-name-another":
      return `Earlier studies under this patient ID named another patient: they differed in ${attributesInWords(doubt.params.differ)}.`;
    case "patient-id-names-nobody":
      return "There was no patient ID that identifies anybody.";
  }
}

const readersInWords = (readers: readonly { name: string; at: string }[]): string =>
  readers.map(({ name, at }) => `${name}, ${at}`).join("; and by ");

const were = (count: number): string => (count === 1 ? "was" : "were");

export const english = {
  /** What the version says of its patient where that was in doubt; empty where nothing was. */
  identity: {
    title: "Patient identity in doubt",
    whenSigned: (doubts: readonly IdentityDoubt[]): string =>
      doubts.length > 0 ? `When this was signed: ${doubts.map(doubtThen).join(" ")}` : "",
  },
  /** Images that were refused, or are damaged, of all that the study has; empty where none is. */
  missingImages: {
    title: "Images not available",
    text: ({ received, refused, damaged }: { received: number; refused: number; damaged: number }): string => {
      const all = received + refused;
      return [
        refused > 0
          ? [`${refused} of ${all} images ${were(refused)} refused by the archive and ${were(refused)} not available.`]
          : [],
        damaged > 0
          ? [`${damaged} of ${all} images ${were(damaged)} damaged in the archive and ${were(damaged)} not available.`]
          : [],
      ]
        .flat()
        .join(" ");
    },
  },
  /** Several examinations that are read together; `when`: `31 Jan 2024, 10:05`. */
  examinations: {
    title: "Examinations",
    examination: (of: { description: string; when: string; accessionNumber: string }): string =>
      [of.description, of.when, of.accessionNumber ? `accession number ${of.accessionNumber}` : "no accession number"]
        .filter(Boolean)
        .join(" · "),
  },
  /** Words that the signer has from a colleague's draft. Moments as `2026-11-26 01:20 UTC`. */
  authorship: {
    title: "Authorship",
    takenOver: (given: { from: string; writtenAt: string; by: string; at: string }): string =>
      `Drafted by ${given.from}, ${given.writtenAt}; taken over by ${given.by}, ${given.at}.`,
  },
  /** A preliminary report that nobody else could go over. */
  finalByAuthor: {
    title: "Finalised by its author",
    text: "The preliminary report and this final report are signed by the same radiologist: when it was signed, no other reader of the group could go over it.",
  },
  /** Two readings that knew nothing of each other. Moments as `2026-11-26 01:20 UTC`. */
  doubleReading: {
    title: "Double reading",
    agree: (readers: readonly { name: string; at: string }[]): string =>
      `Read independently by ${readersInWords(readers)}, who agree.`,
    decided: (readers: readonly { name: string; at: string }[]): string =>
      `Read independently by ${readersInWords(readers)}. Decided by a third radiologist, who signs this report.`,
  },
  addendumTitle: (number: number): string => `Addendum ${number}`,
  /** Earlier studies, each as `31 Jan 2024 CT Chest`. */
  earlierStudies: (studies: readonly string[]): string => `Earlier studies at hand: ${studies.join("; ")}`,
  /** At an impression, of an addendum that came later. */
  amended: (at: string, excerpt: string): string => `Amended by the addendum of ${at} below: ${excerpt}`,
  sex: { M: "Male", F: "Female", O: "Other" } as Readonly<Record<string, string>>,
  notStated: "Not stated",
  titles: {
    report: "Radiology report",
    preliminary: "Preliminary radiology report",
    structured: "Radiology report, structured",
    keyObjects: "Key images of the report",
    measurements: "Measurements of the report",
    presentation: "Presentation of the report",
    comparison: "Comparison",
  },
  version: (version: number): string => `Version ${version}`,
  /** Which version this is, and what kind of one; `addendum`: the number of its last. */
  state: {
    preliminary: (version: number): string => `Preliminary, not yet final · version ${version}`,
    final: (version: number): string => `Final · version ${version}`,
    addendum: (version: number, addendum: number | ""): string => `Addendum ${addendum} · version ${version}`,
  },
  documentTitle: (title: string, version: number): string => `${title}, version ${version}`,
  labels: {
    patient: "Patient",
    patientId: "Patient ID",
    born: "Born",
    sex: "Sex",
    accessionNumber: "Accession number",
    examined: (modalities: readonly string[]): string =>
      modalities.length > 0 ? `Examined by ${modalities.join(", ")}` : "Examined",
    referringPhysician: "Referring physician",
    hospital: "Hospital",
    signedBy: "Electronically signed by",
    coSignedBy: "Read independently, agreed and electronically signed by",
    alsoReadBy: "Read independently by",
  },
  ageAtExamination: (age: string): string => `${age} at examination`,
  noAccessionNumber: "None",
  examination: "Examination",
  keyImages: (count: number): string => (count === 1 ? "Key image" : "Key images"),
  keyImage: "Key image",
  noPicture: "Picture not available; see the image in the study",
  seal: { hash: "SHA-256 of the signed text", study: (uid: string): string => `Study ${uid}` },
  footer: {
    page: (number: number, count: number): string => `Page ${number} of ${count}`,
    report: (given: { patientId: string; accession: string; version: number; preliminary: boolean }): string =>
      [
        `Patient ID ${given.patientId}`,
        ...(given.accession ? [`Accession ${given.accession}`] : []),
        `Report version ${given.version}${given.preliminary ? ", preliminary" : ""}`,
      ].join(" · "),
  },
  /** Under every page, as in the README. */
  regulatoryNote: "Overread is not a cleared medical device. Not for primary diagnosis.",
};
