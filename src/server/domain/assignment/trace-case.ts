import type { Ctx, UserActor } from "#server/context.ts";
import { findCase } from "../reading/index.ts";
import type { Decision, Wish } from "./engine/decisions.ts";
import type { Finding } from "./engine/findings.ts";
import { decisionInWords, givenInWords, type ReaderTrace, readerInWords, traces } from "./engine/trace.ts";
import { isTimeZone } from "./engine/wall-clock.ts";
import type { Names } from "./engine/words.ts";
import { type Filled, fillSnapshot } from "./fill-snapshot.ts";
import type { TraceCase } from "./inputs.ts";
import { assignmentPolicy } from "./policy.ts";
import { lookAt } from "./refusals.ts";
import { currentRuleNames } from "./rules/index.ts";

/** How a reader stands to a case: every finding as a code with its parameters, and all of them in one sentence. */
type TracedReader = {
  readerId: string;
  name: string;
  stand: ReaderTrace["stand"];
  findings: Finding[];
  words: string;
  /** A lead may assign it to him: nothing that is in the way is more than a roster, a cap or a rule. */
  assignable: boolean;
};
export type TracedCase = { decision: Decision | null; words: string; readers: TracedReader[] };

/**
 * Every reader of the group held against a case, with each rule that lets or bars him: what the assign menu shows.
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function traceCase(ctx: Ctx<UserActor>, { caseId, timeZone }: TraceCase): Promise<TracedCase> {
  const row = await findCase(ctx, caseId, "case.read");
  assignmentPolicy.authorize(ctx.actor, "assignment.trace", row);
  const filled = await fillSnapshot(ctx.tx, row.readerOrgId);
  const trace = traces(filled.snapshot, [caseId]).traces.get(caseId);
  if (!trace) return { decision: null, words: "", readers: [] };
  const names = await namesOf(ctx, filled);
  const at = timesIn(timeZone);
  const readers = trace.readers.map(
    (each): TracedReader => ({
      ...each,
      name: names("reader", each.readerId),
      words: readerInWords(each, names, at),
      assignable: !each.findings.some(isLasting),
    }),
  );
  const order = { has: 0, may: 1, "not-asked": 2, full: 3, barred: 4 } as const;
  readers.sort((a, b) => order[a.stand] - order[b.stand] || (a.name < b.name ? -1 : 1));
  return { decision: trace.decision, words: decisionInWords(trace.decision, names, at, null), readers };
}

/** What no lead overrules. */
const isLasting = ({ code }: Finding): boolean =>
  /^(contract\.none|licence\.(missing|expired|not-yet)|privilege\.(too-low|expired)|read-type\.missing|language\.missing|conflict\.)/.test(
    code,
  );

/** Why a case is offered or assigned to the caller, or why it cannot be his. */
export type WhyMe = {
  given: { as: "offer" | "assignment"; until: string | null; byRule: boolean; wishes: Wish[] } | null;
  stand: ReaderTrace["stand"] | null;
  findings: Finding[];
  words: string;
};

/**
 * The reader asks about himself alone: no colleague's licences, shifts or caps are told.
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function whyMe(ctx: Ctx<UserActor>, { caseId, timeZone }: TraceCase): Promise<WhyMe> {
  const row = await findCase(ctx, caseId, "case.read");
  assignmentPolicy.authorize(ctx.actor, "assignment.why-me", row);
  const { userId } = ctx.actor;
  const { filled, found } = await lookAt(ctx.tx, ctx.actor, [caseId]);
  const names = await namesOf(ctx, filled);
  const at = timesIn(timeZone);
  const own = found.get(caseId)?.readers.find(({ readerId }) => readerId === userId);
  const base = { stand: own?.stand ?? null, findings: own?.findings ?? [] };
  if (row.givenLive && row.givenToId === userId && row.givenAs) {
    const [kept] = await ctx.tx.$queryRaw<{ wishes: Wish[] }[]>`
      SELECT given_wishes AS wishes FROM reading_case WHERE id = ${caseId}::uuid`;
    const wishes = kept?.wishes ?? [];
    const given = {
      as: row.givenAs,
      until: row.givenUntil?.toISOString() ?? null,
      byRule: row.givenRuleId !== null,
      wishes,
    };
    return { ...base, given, words: givenInWords({ ...given, ruleId: row.givenRuleId }, names) };
  }
  return { ...base, given: null, words: own ? readerInWords(own, names, at) : "" };
}

/** Names of readers, rules and places, for sentences. */
export async function namesOf({ tx, actor }: Ctx<UserActor>, { snapshot }: Filled): Promise<Names> {
  const rules = await currentRuleNames(tx, actor.orgId);
  const people = await tx.$queryRaw<{ id: string; name: string }[]>`
    SELECT id, display_name AS name FROM user_account WHERE id = ANY(${snapshot.readers.map(({ id }) => id)}::uuid[])`;
  const places = await tx.$queryRaw<{ id: string; name: string }[]>`
    SELECT id, name FROM facility WHERE id = ANY(${snapshot.facilities.map(({ id }) => id)}::uuid[])
    UNION ALL SELECT id, name FROM organization WHERE id = ANY(${snapshot.facilities.map(({ hospitalId }) => hospitalId)}::uuid[])`;
  const named = new Map([...people, ...places].map(({ id, name }) => [id, name]));
  return (kind, id) => (kind === "rule" ? (rules.get(id) ?? "that was taken out") : (named.get(id) ?? "unknown"));
}

/** How times are told in a zone. */
export function timesIn(timeZone: string): (instant: number) => string {
  const zone = isTimeZone(timeZone) ? timeZone : "UTC";
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (instant) => format.format(instant);
}
