import { compareIdentity, type Demographics, type IdentityAttribute, identifies } from "../patient-identity.ts";

/** What an order and a study say of what they are for. */
export type Matchable = Demographics & {
  facilityId: string | null;
  accessionNumber: string;
  patientId: string;
  issuerOfPatientId: string;
};

/** Why an order and a study of one accession number are not joined by themselves. */
export type MatchDoubt = "facility" | "patient-id" | "unidentified" | IdentityAttribute;

/**
 * Whether a study answers an order of the same accession number: the accession number alone never decides, because departments number
 * separately and numbers are typed. The patient must be the same by ID, and what both say of the person must not contradict.
 *
 * @returns the doubts; empty: it answers it.
 */
export function matchDoubts(order: Matchable, study: Matchable): MatchDoubt[] {
  const doubts: MatchDoubt[] = [];
  if (study.facilityId !== null && order.facilityId !== study.facilityId) doubts.push("facility");
  const { identity, differ } = compareIdentity(order, study);
  if (identifies(order.patientId) && identifies(study.patientId)) {
    if (!sameText(order.patientId, study.patientId)) doubts.push("patient-id");
    else if (
      order.issuerOfPatientId &&
      study.issuerOfPatientId &&
      !sameText(order.issuerOfPatientId, study.issuerOfPatientId)
    )
      doubts.push("patient-id");
  } else if (identity !== "agrees") doubts.push("unidentified");
  return [...doubts, ...differ];
}

const sameText = (a: string, b: string): boolean => a.trim() === b.trim();

/** Whether the two are certainly of different people: neither the ID nor the person agrees. A deliberate act does not join these either. */
export const isOtherPatient = (doubts: readonly MatchDoubt[]): boolean =>
  doubts.some((doubt) => doubt === "name" || doubt === "birth-date" || doubt === "sex");
