import { sealRead } from "#server/audit-seal.ts";
import type { Actor, SqlCtx, SqlTx } from "#server/context.ts";
import { deferToCommit } from "#server/db/at-commit.ts";
import { nextRead, numbersReads } from "#server/db/read-stream.ts";

/** Every action of the audit trail, as `noun.verb`. Reading patient data is an action too. */
export type AuditAction =
  | "session.sign-in"
  | "session.sign-in-refused"
  | "session.sign-out"
  | "session.revoke"
  | "study.receive"
  | "study.complete"
  | "study.patient-conflict"
  | "identity.list"
  | "identity.clear"
  | "case.accept-prior"
  | "study.incomplete"
  | "case.see-late-images"
  | "study.read"
  | "study.search"
  | "study.list"
  | "instance.quarantine"
  | "instance.refuse"
  | "instance.list-quarantined"
  | "instance.read-quarantined"
  | "instance.discard"
  | "instance.release"
  | "instance.list-damaged"
  | "instance.damaged"
  | "instance.repaired"
  | "case.list"
  | "case.read"
  | "case.move"
  | "case.claim"
  | "case.renew"
  | "case.release"
  | "case.expire"
  | "case.hold"
  | "case.skip"
  | "case.decide-priority"
  | "case.reserve"
  | "case.unreserve"
  | "case.escalate"
  | "case.acknowledge"
  | "escalation.save"
  | "webhook.save"
  | "webhook.forget"
  | "case.ask"
  | "case.answer"
  | "case.tech-check"
  | "case.offer"
  | "case.assign"
  | "case.unassign"
  | "case.accept"
  | "case.decline"
  | "case.hand-over"
  | "case.take-back"
  | "case.read-with"
  | "case.read-alone"
  | "case.resume"
  | "case.cancel"
  | "case.reinstate"
  | "case.read-incomplete"
  | "case.prioritize"
  | "case.attach-priors"
  | "case.borrow-priors"
  | "study.lend"
  | "study.read-lent"
  | "study.read-ahead"
  | "report.read"
  | "report.save-draft"
  | "report.save-markup"
  | "report.take-over-draft"
  | "report.start-draft-anew"
  | "report.sign"
  | "report.sign-preliminary"
  | "report.ask-arbiter"
  | "report.addendum"
  | "report.store-documents"
  | "report.deliver"
  | "report.delivered"
  | "discrepancy.list"
  | "discrepancy.export"
  | "discrepancy.acknowledge"
  | "discrepancy.close"
  | "referral.list"
  | "referral.read"
  | "order.list"
  | "order.create"
  | "order.update"
  | "order.cancel"
  | "order.match"
  | "order.part"
  | "case.apply-orders"
  | "rules.save"
  | "service-level.save"
  | "prior-terms.save"
  | "reader.update"
  | "reader.credential"
  | "reader.read-credential"
  | "reader.swap"
  | "audit.search"
  | "audit.export"
  | "org.create"
  | "facility.update"
  | "user.create"
  | "user.deactivate"
  | "user.invite"
  | "user.accept-invitation"
  | "user.reset-link"
  | "user.reset-password"
  | "user.second-factor"
  | "job.retry"
  | "token.create"
  | "token.revoke"
  | "edge.issue-code"
  | "edge.enroll"
  | "edge.revoke"
  | "access.refused";

export type AuditEntry = {
  action: AuditAction;
  outcome?: "success" | "refused" | "failure";
  /** The organisation whose data it concerns; by default the actor's own. */
  orgId?: string;
  patientRef?: string | null;
  studyRef?: string | null;
  caseId?: string | null;
  /** Ids, counts, codes, and a reason that a person entered. Never a value of a data set. */
  details?: Record<string, string | number | boolean | null>;
};

/**
 * Actions that change nothing. They come by the hundred, in parallel, and none may wait for another's commit: they
 * reach the chain through `audit_read` (`appendRead`). A change is chained in its own transaction.
 */
const reads: ReadonlySet<AuditAction> = new Set([
  "order.list",
  "study.read",
  "study.read-lent",
  "study.read-ahead",
  "study.search",
  "study.list",
  "case.list",
  "case.read",
  "report.read",
  "discrepancy.list",
  "discrepancy.export",
  "referral.list",
  "referral.read",
  "identity.list",
  "instance.list-quarantined",
  "instance.read-quarantined",
  "instance.list-damaged",
  "audit.search",
  "audit.export",
]);

function identity(actor: Actor): { id: string; name: string } {
  if (actor.kind === "user") return { id: actor.userId, name: actor.displayName };
  if (actor.kind === "token") return { id: actor.edgeId ?? actor.tokenId, name: actor.name };
  return { id: actor.name, name: actor.name };
}

/**
 * Appends one event to the audit trail of the organisation concerned, in the transaction of the act itself: neither can
 * be committed without the other. A read gets its place in the chain a moment later.
 *
 * @see DICOM PS3.15 A.5 (audit messages); IHE BALP for the FHIR form
 */
export async function audit(ctx: Pick<SqlCtx, "actor" | "tx" | "requestId">, entry: AuditEntry): Promise<void> {
  await appendAs(ctx.tx, ctx.actor, entry, ctx.requestId);
}

/**
 * The same without a tenant's transaction. All writers of an organisation wait for its chain, which is locked until
 * commit, so the event is written last, after everything else the act does.
 */
export async function appendAs(tx: SqlTx, actor: Actor, entry: AuditEntry, requestId = ""): Promise<void> {
  const isRead = reads.has(entry.action) && (entry.outcome ?? "success") === "success";
  // Reads take no lock; they are written with the commit.
  if (isRead && numbersReads(tx)) return deferToCommit(tx, "", () => appendRead(tx, actor, entry, requestId));
  const chain = entry.orgId ?? actor.orgId;
  const waiting = gathered.get(tx) ?? new Map<string, Event[]>();
  const events = waiting.get(chain);
  if (events) {
    events.push({ actor, entry, requestId });
    return;
  }
  const own = [{ actor, entry, requestId }];
  gathered.set(tx, waiting.set(chain, own));
  await deferToCommit(tx, chain, async () => {
    // Events added from here on, also by deferred statements, start a new batch.
    waiting.delete(chain);
    await append(tx, chain, own);
  });
}

/** Writes a read to `audit_read`: one row, no contended lock. */
async function appendRead(tx: SqlTx, actor: Actor, entry: AuditEntry, requestId: string): Promise<void> {
  const { stream, n, at } = nextRead(tx);
  const { id, name } = identity(actor);
  const read = {
    stream,
    streamN: String(n),
    orgId: entry.orgId ?? actor.orgId,
    at: `${at.getTime()}000`,
    actorOrgId: actor.orgId,
    actorKind: actor.kind,
    actorId: printable(id),
    actorName: printable(name),
    action: entry.action,
    outcome: entry.outcome ?? "success",
    patientRef: entry.patientRef ?? null,
    studyRef: entry.studyRef ?? null,
    caseId: entry.caseId ?? null,
    details: entry.details ?? {},
    requestId: printable(requestId),
  };
  await tx.$executeRaw`
    INSERT INTO audit_read (org_id, at, actor_org_id, actor_kind, actor_id, actor_name, action, outcome, patient_ref, study_ref, case_id,
      details, request_id, stream, stream_n, mac)
    VALUES (${read.orgId}::uuid, ${at}::timestamptz, ${read.actorOrgId}::uuid, ${read.actorKind}, ${read.actorId}, ${read.actorName},
      ${read.action}, ${read.outcome}, ${read.patientRef}::uuid, ${read.studyRef}::uuid, ${read.caseId}::uuid,
      ${JSON.stringify(read.details)}::jsonb, ${read.requestId},
      set_config('audit.stream', ${stream}, false)::uuid, set_config('audit.stream_n', ${read.streamN}, false)::bigint, ${sealRead(read)})`;
}

type Event = { actor: Actor; entry: AuditEntry; requestId: string };
/** Events of running transactions, by chain: each chain gets those of a transaction in one statement, in order. */
const gathered = new WeakMap<object, Map<string, Event[]>>();

async function append(tx: SqlTx, chain: string, events: Event[]): Promise<void> {
  // The database refuses control characters in hashed text; an account whose name contains one must still be audited.
  const rows = events.map(({ actor, entry, requestId }) => ({
    org: actor.orgId,
    kind: actor.kind,
    id: printable(identity(actor).id),
    name: printable(identity(actor).name),
    action: entry.action,
    outcome: entry.outcome ?? "success",
    patient: entry.patientRef ?? null,
    study: entry.studyRef ?? null,
    case: entry.caseId ?? null,
    details: entry.details ?? {},
    request: printable(requestId),
  }));
  await tx.$queryRaw`SELECT audit_append_many(${chain}::uuid, ${JSON.stringify(rows)}::jsonb)::text`;
}

const printable = (text: string): string => text.replace(/\p{Cc}/gu, "\ufffd");
