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

const were = (count: number): string => (count === 1 ? "was" : "were");

export const english = {
  /** What the version says of its patient where that was in doubt; empty where nothing was. */
  identity: {
    title: "Patient identity in doubt",
    whenSigned: (doubts: readonly IdentityDoubt[]): string =>
      doubts.length > 0 ? `When this was signed: ${doubts.map(doubtThen).join(" ")}` : "",
  },
  /** Images that were refused, or are damaged, of all that the study has. */
  missingImages: {
    title: "Images not available",
    text: ({ all, refused, damaged }: { all: number; refused: number; damaged: number }): string =>
      [
        refused > 0
          ? [`${refused} of ${all} images ${were(refused)} refused by the archive and ${were(refused)} not available.`]
          : [],
        damaged > 0
          ? [`${damaged} of ${all} images ${were(damaged)} damaged in the archive and ${were(damaged)} not available.`]
          : [],
      ]
        .flat()
        .join(" "),
  },
  /** Words that the signer has from a colleague's draft. Moments as `2026-11-26 01:20 UTC`. */
  authorship: {
    title: "Authorship",
    takenOver: (given: { from: string; writtenAt: string; by: string; at: string }): string =>
      `Drafted by ${given.from}, ${given.writtenAt}; taken over by ${given.by}, ${given.at}.`,
  },
  addendumTitle: (number: number): string => `Addendum ${number}`,
};
