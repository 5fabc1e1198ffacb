import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import type { HeldCase } from "../reading/index.ts";
import type { HandoverAct } from "./shapes.ts";

/**
 * Records a draft, exactly as its author left it, before it goes to the caller, who holds the case. The calling verb
 * changes the author afterwards; the database refuses that without this record.
 */
export async function handOverDraft(ctx: Ctx<UserActor>, held: HeldCase, act: HandoverAct): Promise<void> {
  const { actor, tx } = ctx;
  const { caseId } = held;
  const [kept] = await tx.$queryRaw<{ version: number; authorId: string }[]>`
    INSERT INTO draft_handover (org_id, reader_org_id, case_id, act, version, template_id, sections, key_images, author_id, written_at, by_id, at)
    SELECT org_id, reader_org_id, case_id, ${act}, version, template_id, sections, key_images, author_id, updated_at, ${actor.userId}::uuid, clock_timestamp()
    FROM report_draft WHERE case_id = ${caseId}::uuid
    RETURNING version, author_id AS "authorId"`;
  if (!kept) throw new DomainError("report.version-conflict", { details: { version: 0 } });
  await audit(ctx, {
    action: act === "taken-over" ? "report.take-over-draft" : "report.start-draft-anew",
    orgId: held.orgId,
    patientRef: held.patientRef,
    studyRef: held.studyRef,
    caseId,
    details: { version: kept.version, fromId: kept.authorId, toId: actor.userId },
  });
  await publish(tx, { topic: "report.changed", orgIds: [held.readerOrgId], caseId, studyId: held.studyRef });
}
