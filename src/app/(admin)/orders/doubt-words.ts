import type { Outputs } from "../../_trpc/types.ts";

type Doubt = Outputs["order"]["list"]["items"][number]["doubtful"][number]["doubts"][number];

const words: Record<Doubt, string> = {
  facility: "it comes from another facility",
  "patient-id": "the patient IDs differ",
  unidentified: "it has no patient ID, and name and birth date do not make up for it",
  name: "the names differ",
  "birth-date": "the birth dates differ",
  sex: "the sexes differ",
};
/** These say that it is somebody else: such a pair is never joined. */
const otherPerson: readonly Doubt[] = ["name", "birth-date", "sex"];

export const isOtherPerson = (doubts: readonly Doubt[]): boolean => doubts.some((doubt) => otherPerson.includes(doubt));

/** Why an order and a study of one accession number are apart, as the end of a sentence; empty where a person parted them. */
export const doubtWords = (doubts: readonly Doubt[]): string => doubts.map((doubt) => words[doubt]).join(", ");
