import { Prisma } from "#server/db/generated/client.ts";
import type { CasePriority, CaseState, ClockStopReason } from "#server/db/generated/enums.ts";
import type { PatientClass } from "../assignment/engine/index.ts";
import type { AuditAction } from "../audit/index.ts";
import type { ClockEffect } from "./case-clock.ts";
import { free, givenRuns, givenTo, heldBy, lapsed, openTo, reservedForAnother } from "./case-conditions.ts";
import type { CasePromise } from "./promise.ts";
import type { PriorityReason } from "./shapes.ts";

/** A transition of cases, on `reading_case c`, as an UPDATE. */
export type CaseMove = {
  /**
   * From → to. The same state on both sides keeps it, for moves that are no state change: a claim taken over, a further
   * addendum.
   */
  lines: Partial<Record<CaseState, CaseState>>;
  action: AuditAction;
  /** Further columns, as assignments with a leading comma. */
  set?: Prisma.Sql;
  /** A further condition, evaluated by the database's clock at that moment. */
  when?: Prisma.Sql;
  /** Its clock stops, or goes on (case-clock.ts). */
  clock?: ClockEffect;
};

/** What a case gets when its study is complete. */
export type Arrival = {
  priority: CasePriority;
  patientClass: PatientClass;
  /** Null: no contract is in force any more; what was promised with the first image stays. */
  promise: CasePromise | null;
  score: number;
  reasons: PriorityReason[];
};

/** What was kept for a reader is claimed by him, or taken off the list. */
export const clearReservation = Prisma.sql`, reserved_by_id = NULL, reserved_in = NULL, reserved_at = NULL, reserved_until = NULL`;
const clearClaim = Prisma.sql`, claimed_by_id = NULL, claimed_until = NULL, claimed_at = NULL, claim_rule_id = NULL`;
/** It is nobody's any more, before it is claimed as well. @param when true of the case. */
const clearHand = (when: Prisma.Sql): Prisma.Sql => {
  const unless = (column: Prisma.Sql) => Prisma.sql`CASE WHEN ${when} THEN NULL ELSE c.${column} END`;
  return Prisma.sql`, given_to_id = ${unless(Prisma.raw("given_to_id"))}, given_as = ${unless(Prisma.raw("given_as"))},
    given_at = ${unless(Prisma.raw("given_at"))}, given_until = ${unless(Prisma.raw("given_until"))},
    given_rule_id = ${unless(Prisma.raw("given_rule_id"))}, given_by_id = ${unless(Prisma.raw("given_by_id"))}`;
};
const always = Prisma.sql`true`;
/** The state after a claim ends without a signature: a begun report stays begun. */
const unclaimed = { claimed: "unread", drafted: "drafted", preliminary: "preliminary" } as const;
const outOfTheOrder = Prisma.sql`, priority_score = 0, priority_reasons = '[]'::jsonb`;
const underClaim = (claimToken: string): Prisma.Sql => Prisma.sql`c.claim_token = ${BigInt(claimToken)}`;

/** Records the previous state, ends the claim, and resets the priority. */
const pause = (userId: string, reason: string): Prisma.Sql => Prisma.sql`,
  paused_from = (CASE c.state WHEN 'claimed' THEN 'unread' WHEN 'held' THEN c.paused_from::text ELSE c.state::text END)::"CaseState",
  paused_at = clock_timestamp(), paused_by_id = ${userId}::uuid, paused_reason = ${reason}${clearClaim}${clearReservation}${outOfTheOrder}`;
const unpause = Prisma.sql`, paused_from = NULL, paused_at = NULL, paused_by_id = NULL, paused_reason = NULL`;
/**
 * Whoever claims what was given to him has taken it: an offer is his from here on, and stays so when the lease ends. What was given to somebody else and
 * has run out is nobody's.
 */
const takeHand = (userId: string, ruleId: string | null): Prisma.Sql => {
  const his = givenTo(userId);
  return Prisma.sql`, claim_rule_id = CASE WHEN ${heldBy(userId)} THEN c.claim_rule_id WHEN ${his} THEN c.given_rule_id ELSE coalesce(c.drawn_rule_id, ${ruleId}::text) END,
    given_as = CASE WHEN ${his} THEN 'assignment' END, given_until = NULL,
    given_to_id = CASE WHEN ${his} THEN c.given_to_id END, given_at = CASE WHEN ${his} THEN c.given_at END,
    given_rule_id = CASE WHEN ${his} THEN c.given_rule_id END, given_by_id = CASE WHEN ${his} THEN c.given_by_id END`;
};

/**
 * Every way in which a case changes its state or its claim. Other modules name one; its columns and conditions are
 * defined only here. Its transitions are checked against the table of case states whenever it is used.
 */
export const namedMoves = {
  /** Its study is complete. @param arrivals by case. */
  arrive: (arrivals: Record<string, Arrival>): CaseMove => {
    const own = Prisma.sql`${JSON.stringify(arrivals)}::jsonb -> c.id::text`;
    const of = (field: string) => Prisma.sql`(${own} ->> ${field}::text)`;
    return {
      lines: { arriving: "unread" },
      action: "case.move",
      set: Prisma.sql`, priority = ${of("priority")}::"CasePriority", patient_class = ${of("patientClass")},
        (unread_at, service_level_id, service_level_line, promised_minutes, promised_from, promised_at, due_at) = (
          SELECT coalesce(p."from", now()), CASE WHEN p.minutes IS NULL THEN c.service_level_id ELSE p."serviceLevelId" END,
            CASE WHEN p.minutes IS NULL THEN c.service_level_line ELSE p.line END, coalesce(p.minutes, c.promised_minutes),
            coalesce(p."from", c.promised_from), coalesce(p."from" + make_interval(mins => p.minutes), c.promised_at),
            coalesce(p."from" + make_interval(mins => p.minutes), c.due_at)
          FROM jsonb_to_record(coalesce(nullif(${own} -> 'promise', 'null'), '{}')) AS p ("serviceLevelId" uuid, line int, minutes int, "from" timestamptz)),
        priority_score = ${of("score")}::int, priority_reasons = ${of("reasons")}::jsonb`,
    };
  },
  /**
   * A reader claims it, renews the claim, or takes over an expired one; a new claim has a new token. What is kept for a
   * colleague is not claimed.
   *
   * @param ruleId by which he may choose it: the rule's caps count it.
   */
  claim: ({
    userId,
    drawn = false,
    ruleId = null,
  }: {
    userId: string;
    drawn?: boolean;
    ruleId?: string | null;
  }): CaseMove => {
    const mine = heldBy(userId);
    // Who draws gets what nobody may choose.
    const his = drawn ? Prisma.sql`(${givenTo(userId)} OR NOT ${givenRuns})` : openTo(userId);
    return {
      lines: { unread: "claimed", claimed: "claimed", drafted: "drafted", preliminary: "preliminary" },
      action: "case.claim",
      set: Prisma.sql`, claimed_by_id = ${userId}::uuid, claim_token = c.claim_token + CASE WHEN ${mine} THEN 0 ELSE 1 END,
        claimed_at = CASE WHEN ${mine} THEN c.claimed_at ELSE clock_timestamp() END,
        claimed_until = clock_timestamp() + make_interval(mins => c.claim_minutes)${clearReservation}${takeHand(userId, ruleId)}`,
      when: Prisma.sql`(${free} AND ${his} AND NOT ${reservedForAnother(userId)}) OR ${mine}`,
    };
  },
  /** The first draft is saved. */
  draft: (): CaseMove => ({ lines: { claimed: "drafted" }, action: "case.move" }),
  /** The claim is released by its holder, or by a manager. */
  release: (): CaseMove => ({
    lines: unclaimed,
    action: "case.release",
    set: Prisma.sql`${clearClaim}${clearHand(always)}`,
    when: Prisma.sql`c.claimed_by_id IS NOT NULL`,
  }),
  /**
   * Its reader hands it on. @param to whom it is offered, and until when he may answer; null: whoever is free.
   */
  handOver: ({
    claimToken,
    userId,
    to,
  }: {
    claimToken: string;
    userId: string;
    to: { readerId: string; until: Date } | null;
  }): CaseMove => ({
    lines: unclaimed,
    action: "case.hand-over",
    set: Prisma.sql`${clearClaim}${clearReservation}, given_to_id = ${to?.readerId ?? null}::uuid, given_as = ${to ? "offer" : null},
      given_at = CASE WHEN ${to !== null} THEN clock_timestamp() END, given_until = ${to?.until.toISOString() ?? null}::timestamptz, given_rule_id = NULL,
      given_by_id = ${to ? userId : null}::uuid, given_wishes = '[]'::jsonb`,
    when: Prisma.sql`c.claimed_by_id = ${userId}::uuid AND ${underClaim(claimToken)}`,
  }),
  /** It was read with another case, and is on the list again by itself: what was written is that one's. */
  readAlone: (): CaseMove => ({
    lines: { unread: "unread", claimed: "unread", drafted: "unread" },
    action: "case.read-alone",
    set: Prisma.sql`${clearClaim}${clearReservation}${clearHand(always)}, claim_token = c.claim_token + 1`,
    when: Prisma.sql`c.read_with_id IS NULL`,
  }),
  /** The lease has expired. What a person gave him stays his; a rule is asked again. */
  expire: (): CaseMove => ({
    lines: unclaimed,
    action: "case.expire",
    set: Prisma.sql`${clearClaim}${clearHand(Prisma.sql`c.given_rule_id IS NOT NULL`)}`,
    when: lapsed,
  }),
  /** @param claimToken of the current claim; without one the move applies only where nobody holds the case. */
  hold: ({
    userId,
    reason,
    claimToken,
    why = "held",
  }: {
    userId: string;
    reason: string;
    claimToken: string | undefined;
    why?: ClockStopReason;
  }): CaseMove => ({
    lines: { arriving: "held", unread: "held", claimed: "held", drafted: "held", preliminary: "held" },
    action: "case.hold",
    set: pause(userId, reason),
    when: claimToken ? underClaim(claimToken) : free,
    clock: { stops: why },
  }),
  /** @param to its previous state. */
  resume: ({ to }: { to: CaseState }): CaseMove => ({
    lines: { held: to },
    action: "case.resume",
    set: unpause,
    clock: "goes-on",
  }),
  /** A case with a signed preliminary report cannot be withdrawn: the hospital has the report. One that is read with others is taken out first. */
  cancel: ({ userId, reason }: { userId: string; reason: string }): CaseMove => ({
    lines: {
      arriving: "cancelled",
      unread: "cancelled",
      claimed: "cancelled",
      drafted: "cancelled",
      held: "cancelled",
    },
    action: "case.cancel",
    set: Prisma.sql`${pause(userId, reason)}${clearHand(always)}, drawn_rule_id = NULL`,
    when: Prisma.sql`c.paused_from IS DISTINCT FROM 'preliminary' AND c.read_with_id IS NULL`,
    clock: { stops: "cancelled" },
  }),
  /** @param to its previous state. */
  reinstate: ({ to }: { to: CaseState }): CaseMove => ({
    lines: { cancelled: to },
    action: "case.reinstate",
    set: unpause,
    clock: "goes-on",
  }),
  /** Images arrived for cases that the product had closed because there were none. @param reason it was closed with. */
  reopen: ({ reason }: { reason: string }): CaseMove => ({
    lines: { cancelled: "arriving" },
    action: "case.move",
    set: unpause,
    when: Prisma.sql`c.paused_by_id IS NULL AND c.paused_reason = ${reason}`,
    clock: "goes-on",
  }),
  /** Signed as preliminary: back on the list for a final reading. */
  signPreliminary: ({ claimToken }: { claimToken: string }): CaseMove => ({
    lines: { drafted: "preliminary", preliminary: "preliminary" },
    action: "case.move",
    set: Prisma.sql`${clearClaim}${clearHand(always)}`,
    when: underClaim(claimToken),
  }),
  /** Signed as final. */
  sign: ({ claimToken }: { claimToken: string }): CaseMove => ({
    lines: { drafted: "final", preliminary: "final" },
    action: "case.move",
    set: Prisma.sql`${clearClaim}${outOfTheOrder}, completed_at = clock_timestamp()`,
    when: underClaim(claimToken),
  }),
  /**
   * An addendum was signed. @param lateImagesSeen the late images its author was shown; later ones remain to be
   * acknowledged.
   */
  amend: ({ lateImagesSeen }: { lateImagesSeen: number | undefined }): CaseMove => {
    const seen = lateImagesSeen === undefined ? Prisma.sql`true` : Prisma.sql`c.late_images <= ${lateImagesSeen}`;
    return {
      lines: { final: "amended", amended: "amended" },
      action: "case.move",
      set: Prisma.sql`, late_since = CASE WHEN ${seen} THEN NULL ELSE c.late_since END,
        late_images = CASE WHEN ${seen} THEN 0 ELSE c.late_images END`,
    };
  },
} as const;
export type MoveName = keyof typeof namedMoves;
export type MoveBy<N extends MoveName> = Parameters<(typeof namedMoves)[N]>[0];
