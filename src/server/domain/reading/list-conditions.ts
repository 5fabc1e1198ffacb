import type { Actor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { heldBy, nextFor, open, personOf, signed } from "./case-conditions.ts";
import type { ListId } from "./list-ids.ts";

/**
 * The condition of each list, for `reading_case c`.
 *
 * `next`: what the caller could start or continue now. `all`: what waits for a signature. `stat`: the STAT cases of
 * these, including arriving and held ones. `mine`: what the caller holds, has a draft of (whoever holds it now), or
 * signed before late images arrived. `asked`: the site was asked something and has not answered.
 * `final`: signed within a day; older cases are found by searching.
 */
export function onList(actor: Actor, list: ListId): Prisma.Sql {
  if (list === "next") return nextFor(personOf(actor));
  if (list === "all") return open;
  if (list === "stat") return Prisma.sql`(${open} AND c.priority = 'stat')`;
  if (list === "mine") return Prisma.sql`(${heldBy(personOf(actor))} OR ${draftedBy(actor)} OR ${addendumDue(actor)})`;
  if (list === "asked") return asked;
  return signedOfLate;
}

/** The site was asked and has not answered yet. */
const asked = Prisma.sql`(c.question_state = 'question' AND c.completed_at IS NULL AND c.state <> 'cancelled')`;

const signedOfLate = Prisma.sql`(${signed} AND c.completed_at > now() - interval '24 hours')`;

/** The caller has an unsigned draft of it. */
function draftedBy(actor: Actor): Prisma.Sql {
  return actor.kind === "user"
    ? Prisma.sql`(${open} AND EXISTS (SELECT 1 FROM report_draft d WHERE d.case_id = c.id AND d.author_id = ${actor.userId}::uuid))`
    : Prisma.sql`false`;
}

/** Images arrived after the signature, and the signer is the caller or has left the group. */
function addendumDue(actor: Actor): Prisma.Sql {
  if (actor.kind !== "user") return Prisma.sql`false`;
  return Prisma.sql`(c.late_images > 0 AND c.completed_at IS NOT NULL AND c.reader_org_id = ${actor.orgId}::uuid AND EXISTS (
    SELECT 1 FROM report_version v JOIN user_account u ON u.id = v.signed_by_id
    WHERE v.case_id = c.id AND v.kind <> 'preliminary' AND (u.id = ${actor.userId}::uuid OR u.deactivated_at IS NOT NULL)))`;
}
