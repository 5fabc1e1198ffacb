import { DomainError } from "@overread/shared/errors";
import type { Ctx, SqlTx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { notify } from "../notices/index.ts";
import {
  type Claim,
  findCase,
  giveCases,
  holdClaim,
  isHeldBy,
  isStillHandedOn,
  lastHandover,
  moveCase,
  noteDeclined,
  noteHandover,
  takeBackHandover,
} from "../reading/index.ts";
import { claimByRules } from "./claim-by-rules.ts";
import { type Instant, minuteMs, type Priority } from "./engine/codes.ts";
import { forceOf } from "./engine/findings.ts";
import type { CaseFacts } from "./engine/snapshot.ts";
import { type ReaderTrace, readerInWords, traces } from "./engine/trace.ts";
import { type Filled, fillSnapshot } from "./fill-snapshot.ts";
import type { HandOverCase, OfGivenCase, TraceCase } from "./inputs.ts";
import { namesOf, timesIn } from "./trace-case.ts";

/** So long a colleague has to answer, from now or from the beginning of his shift. Minutes. */
const answerMinutes = { stat: 5, urgent: 15, routine: 60 } as const satisfies Record<Priority, number>;

/** A colleague as the reader who hands his case over sees him. `mayHave` false: `words` say what is in the way. */
export type Colleague = { readerId: string; name: string; mayHave: boolean; words: string };

/**
 * Everybody of the group to whom the caller may hand over the case that he holds, who may have it first, and what is in the way of the others.
 *
 * @throws {DomainError} `case.not-claimed` (he does not hold it), `case.not-found`, `auth.forbidden`
 */
export async function colleaguesFor(ctx: Ctx<UserActor>, { caseId, timeZone }: TraceCase): Promise<Colleague[]> {
  const row = await findCase(ctx, caseId, "case.hand-over");
  if (!isHeldBy(ctx.actor.userId, row)) throw new DomainError("case.not-claimed");
  const { filled, facts, readers } = await othersFor(ctx, caseId, row.readerOrgId);
  const names = await namesOf(ctx, filled);
  const at = timesIn(timeZone);
  const colleagues = readers.map((each) => ({
    readerId: each.readerId,
    name: names("reader", each.readerId),
    mayHave: beginsAt(facts, each, filled.snapshot.now) !== null,
    words: readerInWords(each, names, at),
  }));
  return colleagues.sort((a, b) => Number(b.mayHave) - Number(a.mayHave) || (a.name < b.name ? -1 : 1));
}

/**
 * Hands the caller's case over with a note: offered to the colleague until {@link answerMinutes} from now or from the beginning of his shift,
 * or free for whoever may. The claim ends, the clock runs on, a draft stays and says whose it is.
 *
 * @throws {DomainError} `case.barred` with `reasons` (the colleague cannot have it, or not in time), `user.not-found` (no other reader of the
 * group), `case.not-claimed`, `case.claim-expired`, `report.already-signed`, `case.not-found`, `auth.forbidden`
 */
export async function handOverCase(ctx: Ctx<UserActor>, input: HandOverCase): Promise<{ until: string | null }> {
  const { caseId, claimToken, toId, note } = input;
  const { userId, orgId } = ctx.actor;
  const row = await findCase(ctx, caseId, "case.hand-over");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const to = toId
    ? { readerId: toId, until: await answerBy(ctx, { caseId, toId, readerOrgId: row.readerOrgId }) }
    : null;
  const until = to?.until.toISOString() ?? null;
  const moved = await moveCase(ctx, caseId, "handOver", { claimToken, userId, to }, () => ({
    details: { givenTo: toId, until },
  }));
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: held.state, to: "unread" } });
  const handoverId = await noteHandover(ctx, { ...held, claimToken: BigInt(claimToken) }, { toId, note });
  // No rule gives it back to him, and neither does his own draft in it.
  await noteDeclined(ctx, [{ caseId, readerId: userId, reason: "handed-over" }]);
  if (toId)
    await notify(ctx.tx, {
      orgId,
      userIds: [toId],
      kind: "case-handed-over",
      params: { priority: row.priority },
      caseId,
      matter: `handover ${handoverId}`,
    });
  return { until };
}

/**
 * The caller takes back what he handed over, as long as nobody has taken it: it is his claim again, under a new token.
 *
 * @throws {DomainError} `case.not-given` (he handed nothing over, or a colleague has had it since), `case.given`, `case.already-claimed` (somebody has taken it), `case.barred`,
 * `case.illegal-move`, `case.not-found`, `auth.forbidden`
 */
export async function takeBackCase(ctx: Ctx<UserActor>, { caseId }: OfGivenCase): Promise<Claim> {
  const { userId } = ctx.actor;
  const row = await findCase(ctx, caseId, "case.hand-over");
  const handover = await lastHandover(ctx, caseId);
  if (handover?.fromId !== userId) throw new DomainError("case.not-given");
  // A colleague who holds it is named by the claim below; one who had it has put it back for everybody.
  if (!row.claimLive && !(await isStillHandedOn(ctx, handover.handoverId))) throw new DomainError("case.not-given");
  const { givenToId, givenAt, givenAs, drawnRuleId } = row;
  if (givenToId && givenAt && givenAs === "offer" && givenToId === handover.toId && row.givenById === userId)
    await giveCases(ctx, [{ caseId, was: { readerId: givenToId, at: givenAt }, to: null, drawnRuleId }]);
  const claim = await claimByRules(ctx, { caseId }, { again: true });
  await takeBackHandover(ctx, handover.handoverId);
  await audit(ctx, {
    action: "case.take-back",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { givenTo: handover.toId },
  });
  return claim;
}

/** Whoever handed a case over is told that the colleague does not take it: he said so, or did not answer in time. */
export async function tellNotTaken(
  tx: SqlTx,
  orgId: string,
  answers: readonly { caseId: string; readerId: string }[],
): Promise<void> {
  for (const { caseId, readerId } of answers) {
    const handover = await lastHandover({ tx }, caseId);
    if (handover?.toId !== readerId) continue;
    await notify(tx, {
      orgId,
      userIds: [handover.fromId],
      kind: "handover-not-taken",
      params: {},
      caseId,
      matter: `handover-not-taken ${handover.handoverId}`,
    });
  }
}

async function othersFor({ actor, tx }: Ctx<UserActor>, caseId: string, readerOrgId: string) {
  const filled: Filled = await fillSnapshot(tx, readerOrgId);
  const held = filled.snapshot.cases.find(({ id }) => id === caseId);
  // As it stands when he has let go of it: so its rule is asked too.
  const facts: CaseFacts | undefined = held && {
    ...held,
    state: held.state === "claimed" ? "unread" : held.state,
    claim: null,
    offer: null,
    assignment: null,
  };
  const cases = filled.snapshot.cases.map((each) => (facts && each === held ? facts : each));
  const trace = traces({ ...filled.snapshot, cases }, [caseId]).traces.get(caseId);
  if (!facts || !trace) throw new DomainError("case.not-claimed");
  const readers = trace.readers.filter(({ readerId }) => readerId !== actor.userId);
  return { filled, facts, readers };
}

/**
 * From when the colleague could read it; null: not at all, or not in time. STAT waits for no shift, and nothing waits for one that begins when
 * it is late already.
 */
function beginsAt(facts: CaseFacts, { findings }: ReaderTrace, now: Instant): Instant | null {
  if (findings.some((each) => forceOf(each) === "never" || each.code === "skip.runs")) return null;
  const begins = findings.map((each) =>
    each.code === "shift.off" ? each.next : each.code === "break.on" ? each.until : now,
  );
  if (begins.includes(null)) return null;
  const at = Math.max(now, ...(begins as Instant[]));
  return at > now && (facts.priority === "stat" || at >= facts.dueAt) ? null : at;
}

async function answerBy(
  ctx: Ctx<UserActor>,
  { caseId, toId, readerOrgId }: { caseId: string; toId: string; readerOrgId: string },
): Promise<Date> {
  const { filled, facts, readers } = await othersFor(ctx, caseId, readerOrgId);
  const him = readers.find(({ readerId }) => readerId === toId);
  if (!him) throw new DomainError("user.not-found");
  const at = beginsAt(facts, him, filled.snapshot.now);
  if (at !== null) return new Date(at + answerMinutes[facts.priority] * minuteMs);
  const bars = him.findings.filter((each) => forceOf(each) === "never" || forceOf(each) === "now");
  throw new DomainError("case.barred", { details: { reasons: bars.map(({ code }) => code).join(",") } });
}
