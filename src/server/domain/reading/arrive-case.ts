import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { contractTerms, minutesToRead } from "./contract-terms.ts";
import { announceCase, moveCase } from "./move-case.ts";
import { offerPrior } from "./offer-prior.ts";
import { openCase } from "./open-case.ts";
import { casePolicy } from "./policy.ts";
import { priorityClass } from "./priority-class.ts";

/**
 * The study is complete: its case may be read, and the contract's clock starts. Called again when late images made
 * the study complete once more: the case stays where it is, and the screens are told. The study is also offered to the
 * patient's other open cases as a prior.
 *
 * @returns the case, if there is one. @throws {DomainError} `study.not-found`
 */
export async function arriveCase(ctx: Ctx, { studyId }: { studyId: string }): Promise<string | null> {
  const { tx, now } = ctx;
  const study = await tx.study.findUnique({ where: { id: studyId } });
  if (!study) throw new DomainError("study.not-found");
  casePolicy.authorize(ctx.actor, "case.arrive", study);
  const caseId = await openCase(ctx, { studyId });
  if (caseId) {
    const priority = priorityClass(study.requestedPriority, study.studyDescription);
    const terms = await contractTerms(ctx, study);
    const dueAt = terms ? new Date(now.getTime() + minutesToRead(terms, priority) * 60_000) : null;
    const moved = await moveCase(ctx, {
      caseId,
      moves: { arriving: "unread" },
      // A contract that ended in between leaves the due time it gave when the first image came.
      set: Prisma.sql`, priority = ${priority}::"CasePriority", unread_at = now(), due_at = coalesce(${dueAt}::timestamptz, due_at)`,
    });
    if (!moved) {
      // Held or cancelled while it was arriving: it will come back complete, and the clock then adds the time it stood.
      await tx.$executeRaw`
        UPDATE reading_case SET paused_from = 'unread', priority = ${priority}::"CasePriority", unread_at = now(),
          due_at = coalesce(${dueAt}::timestamptz - (now() - paused_at), due_at)
        WHERE id = ${caseId}::uuid AND state IN ('held', 'cancelled') AND paused_from = 'arriving'`;
      const row = await tx.readingCase.findUniqueOrThrow({ where: { id: caseId } });
      await announceCase(ctx, { caseId, orgId: row.orgId, readerOrgId: row.readerOrgId, studyRef: studyId });
    }
    await enqueue(tx, "case.prioritize", { orgId: study.orgId, caseId });
    await enqueue(tx, "case.attach-priors", { orgId: study.orgId, caseId });
  }
  // It may also be an earlier examination of what waits already.
  await offerPrior(ctx, { studyId });
  return caseId;
}
