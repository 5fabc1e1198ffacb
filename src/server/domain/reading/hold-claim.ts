import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { claimRuns, isHeldBy, isSigned } from "./case-conditions.ts";

export type HeldCase = {
  caseId: string;
  orgId: string;
  readerOrgId: string;
  studyRef: string;
  patientRef: string;
  state: CaseState;
};

/**
 * Locks the case and checks that the caller's claim still holds: same person, same token, lease not over by the
 * database's clock at this moment. Every write to a claimed case goes through here, so a reader who was suspended past
 * the lease, or whose case was taken over, changes nothing.
 *
 * Cases that are read together have one claim, which is held on the leading one.
 *
 * The caller has been authorized for the case already.
 * @returns the leading case where several are read together.
 * @throws {DomainError} `report.already-signed`, `case.not-claimed` (nobody holds a claim, or it was never the
 * caller's), `case.claim-expired` with `claimedByName` when somebody took over, `case.not-found`
 */
export async function holdClaim(
  { actor, tx }: Ctx<UserActor>,
  { caseId, claimToken }: { caseId: string; claimToken: string },
): Promise<HeldCase> {
  const [row] = await tx.$queryRaw<
    (HeldCase & { claimedById: string | null; claimedByName: string | null; claimToken: bigint })[]
  >`
    SELECT c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.study_ref AS "studyRef",
      (SELECT patient_ref FROM study s WHERE s.id = c.study_ref) AS "patientRef", c.state, c.claimed_by_id AS "claimedById",
      staff_name(c.claimed_by_id) AS "claimedByName", c.claim_token AS "claimToken"
    FROM reading_case c WHERE c.id = (SELECT coalesce(m.read_with_id, m.id) FROM reading_case m WHERE m.id = ${caseId}::uuid) FOR UPDATE`;
  if (!row) throw new DomainError("case.not-found");
  if (isSigned(row)) throw new DomainError("report.already-signed");
  // Checked after the lock was granted: waiting for it may have outlasted the lease.
  const [lease] = await tx.$queryRaw<
    { live: boolean }[]
  >`SELECT ${claimRuns} AS live FROM reading_case c WHERE c.id = ${row.caseId}::uuid`;
  const token = BigInt(claimToken);
  const claim = { claimedById: row.claimedById, claimLive: lease?.live === true };
  if (isHeldBy(actor.userId, claim) && row.claimToken === token) return row;
  // A token that was never issued is not an expired claim.
  if (token === 0n || token > row.claimToken) throw new DomainError("case.not-claimed");
  const takenOver = row.claimedById !== null && row.claimedById !== actor.userId;
  throw new DomainError("case.claim-expired", { details: takenOver ? { claimedByName: row.claimedByName } : {} });
}
