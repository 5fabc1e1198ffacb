import { z } from "zod";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "./append.ts";
import { auditPolicy } from "./policy.ts";

/** Dates within this range: outside it Postgres and JavaScript disagree about calendars. */
const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .refine(
    (text) => new Date(text) >= new Date("1900-01-01") && new Date(text) < new Date("3000-01-01"),
    "out of range",
  );

export const SearchAudit = z.object({
  /**
   * Patient ID as the hospital writes it. One that identifies nobody (empty, "UNKNOWN") finds nothing, since it would
   * match strangers.
   */
  patientId: z.string().max(64).optional(),
  userId: z.uuid().optional(),
  /** Only what was lent to cases of other hospitals, and who opened it. */
  lent: z.boolean().optional(),
  from: moment.optional(),
  /** Exclusive. A date means its beginning, in UTC. */
  to: moment.optional(),
  /** `seq` of the last event seen. */
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .nullish(),
  limit: z.number().int().min(1).max(500).default(100),
});
export type SearchAudit = z.input<typeof SearchAudit>;

export type FoundAuditEvent = {
  /** Place in the organisation's chain; decimal text. */
  seq: string;
  at: string;
  actorName: string;
  actorKind: string;
  action: string;
  outcome: string;
  studyInstanceUid?: string;
  caseId?: string;
  /** Ids, counts, codes; never a value of a data set. */
  details: Record<string, string | number | boolean | null>;
};

/**
 * The audit trail of the caller's organisation, newest first: everything done to its data, by anybody of any
 * organisation. The search itself is audited. Reads get their places in the chain after the transaction that read, so
 * the caller runs {@link chainOwnReads} first; `waiting` counts those still left.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function searchAudit(
  ctx: Ctx,
  input: SearchAudit,
): Promise<{ items: FoundAuditEvent[]; nextCursor: string | null; waiting: number }> {
  const { actor, tx } = ctx;
  auditPolicy.authorize(actor, "audit.search", null);
  const { patientId, userId, lent, from, to, cursor, limit } = SearchAudit.parse(input);
  const where = [Prisma.sql`e.org_id = ${actor.orgId}::uuid`];
  if (patientId !== undefined)
    where.push(
      Prisma.sql`e.patient_ref IN (SELECT id FROM patient WHERE org_id = ${actor.orgId}::uuid AND patient_id = ${patientId} AND unidentified_in = '')`,
    );
  if (userId) where.push(Prisma.sql`e.actor_kind = 'user' AND e.actor_id = ${userId}`);
  if (lent) where.push(Prisma.sql`e.action IN ('study.lend', 'study.read-lent')`);
  if (from) where.push(Prisma.sql`e.at >= ${new Date(from)}::timestamptz`);
  if (to) where.push(Prisma.sql`e.at < ${new Date(to)}::timestamptz`);
  if (cursor) where.push(Prisma.sql`e.seq < ${BigInt(cursor)}`);
  const rows = await tx.$queryRaw<
    (Omit<FoundAuditEvent, "seq" | "at" | "studyInstanceUid" | "caseId"> & {
      seq: bigint;
      at: Date;
      studyInstanceUid: string | null;
      caseId: string | null;
    })[]
  >`
    SELECT e.seq, e.at, e.actor_name AS "actorName", e.actor_kind AS "actorKind", e.action, e.outcome, e.case_id AS "caseId", e.details,
      (SELECT s.study_instance_uid FROM study s WHERE s.id = e.study_ref) AS "studyInstanceUid"
    FROM audit_event e WHERE ${Prisma.join(where, " AND ")} ORDER BY e.seq DESC LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  const [{ waiting }] = await tx.$queryRaw<[{ waiting: number }]>`
    SELECT count(*)::int AS waiting FROM audit_read WHERE org_id = ${actor.orgId}::uuid`;
  await audit(ctx, {
    action: "audit.search",
    details: { count: page.length, byPatient: patientId !== undefined, userId: userId ?? null },
  });
  const last = page.at(-1);
  return {
    items: page.map(({ seq, at, studyInstanceUid, caseId, ...event }) => ({
      seq: seq.toString(),
      at: at.toISOString(),
      ...event,
      ...(studyInstanceUid ? { studyInstanceUid } : {}),
      ...(caseId ? { caseId } : {}),
    })),
    nextCursor: last && rows.length > limit ? last.seq.toString() : null,
    waiting,
  };
}
