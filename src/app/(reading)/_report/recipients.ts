import type { WorklistItem } from "../../_trpc/types.ts";

/**
 * Who gets a report outside the archive, shown before it is signed. Whoever gets nothing is named as well: a reader who
 * wrongly believes that a report is delivered does not telephone.
 */
export function describeRecipients({
  facility,
  referringPhysician,
  goesTo: { pacs, physician, byDefault },
}: Pick<WorklistItem, "facility" | "referringPhysician" | "goesTo">): [hospital: string, physician: string] {
  const hospital = pacs ? `back to the PACS of ${facility}` : `not to a PACS: ${facility} has named none`;
  if (physician)
    return [
      hospital,
      byDefault
        ? `to ${physician}, who gets what names no referring physician`
        : `to ${physician}, who referred the patient`,
    ];
  return [
    hospital,
    referringPhysician
      ? `not to ${referringPhysician}: no account here goes by that name. Call the site with what cannot wait.`
      : "to no physician: the study names none. Call the site with what cannot wait.",
  ];
}
