import type { Actor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { heldBy, nextFor, open, personOf, signed } from "./case-conditions.ts";
import type { ListId } from "./list-ids.ts";

/**
 * What is on each list, for `reading_case c`.
 *
 * `next`: what the caller could begin or go on with now. `all`: what waits for a signature. `stat`: of these the STAT ones, those still
 * arriving or held included. `mine`: what the caller holds, what the caller
 * has begun to write, whoever has it now, and what the caller signed and pictures have joined since. `final`: signed within a day;
 * what is older is found by searching.
 */
export function onList(actor: Actor, list: ListId): Prisma.Sql {
  if (list === "next") return nextFor(personOf(actor));
  if (list === "all") return open;
  if (list === "stat") return Prisma.sql`(${open} AND c.priority = 'stat')`;
  if (list === "mine") return Prisma.sql`(${heldBy(personOf(actor))} OR ${draftedBy(actor)} OR ${addendumDue(actor)})`;
  return signedOfLate;
}

const signedOfLate = Prisma.sql`(${signed} AND c.completed_at > now() - interval '24 hours')`;

/** The caller's words wait there unsigned. */
function draftedBy(actor: Actor): Prisma.Sql {
  return actor.kind === "user"
    ? Prisma.sql`(${open} AND EXISTS (SELECT 1 FROM report_draft d WHERE d.case_id = c.id AND d.author_id = ${actor.userId}::uuid))`
    : Prisma.sql`false`;
}

/** Pictures came after the signature, and it was the caller's, or that of somebody who is here no more. */
function addendumDue(actor: Actor): Prisma.Sql {
  if (actor.kind !== "user") return Prisma.sql`false`;
  return Prisma.sql`(c.late_images > 0 AND c.completed_at IS NOT NULL AND c.reader_org_id = ${actor.orgId}::uuid AND EXISTS (
    SELECT 1 FROM report_version v JOIN user_account u ON u.id = v.signed_by_id
    WHERE v.case_id = c.id AND v.kind <> 'preliminary' AND (u.id = ${actor.userId}::uuid OR u.deactivated_at IS NOT NULL)))`;
}
