import {
  type Arrival,
  type CaseClock,
  type PatientClass,
  promiseFor,
  readClock,
  type ServiceLevel,
} from "../assignment/engine/index.ts";
import type { OrderOfStudy } from "../ordering/index.ts";
import { usualMinutes } from "../service-level/index.ts";

/** What a case was promised: the version and its line (null: none was written; none of its lines fitted), from when on, and for how long. */
export type CasePromise = { serviceLevelId: string | null; line: number | null; minutes: number; from: Date };

export type PromiseFacts = Omit<Arrival, "arrivedAt">;

/** The promise for a study that arrives. @param versions of its contract, the oldest first. */
export function promiseOf(facts: PromiseFacts, from: Date, versions: readonly ServiceLevel[]): CasePromise {
  const arrival = { ...facts, arrivedAt: from.getTime() };
  const [first] = versions;
  // A contract that was given an earlier beginning keeps its first terms from then on.
  const promised =
    promiseFor(arrival, versions) ??
    (first ? promiseFor(arrival, [{ ...first, validFrom: arrival.arrivedAt, validUntil: null }]) : null);
  if (!promised) return { serviceLevelId: null, line: null, minutes: usualMinutes[facts.priority], from };
  const { serviceLevelId, line, minutes } = promised;
  return { serviceLevelId, line, minutes, from };
}

/**
 * The promise after the class of a case or of its patient has changed, from the facts alone and under the version it has: what would have
 * been promised on arrival. Where that is earlier than what stands, somebody wants it sooner only now: then what can be promised from this
 * moment, and never later than before. So what is asked for and taken back again leaves the due time of the arrival.
 *
 * @param version that the case was promised under; null: it has none.
 */
export function promiseAgain({
  facts,
  version,
  before,
  arrivedAt,
  stops,
  now,
}: {
  facts: PromiseFacts;
  version: ServiceLevel | null;
  before: CasePromise;
  arrivedAt: Date;
  stops: CaseClock["stops"];
  now: Date;
}): CasePromise {
  const under = (from: Date, wanted = facts): CasePromise =>
    promiseOf(wanted, from, version ? [{ ...version, validFrom: from.getTime(), validUntil: null }] : []);
  const due = (promise: CasePromise): number => dueOf(promise, stops, now).getTime();
  const earlier = (a: CasePromise, b: CasePromise): CasePromise => (due(a) < due(b) ? a : b);
  const onArrival = under(arrivedAt);
  if (due(onArrival) >= due(before)) return onArrival;
  // It became urgent later and is less so now: it counts from when it did, within what a routine case has.
  const sinceThen = earlier(
    under(before.from),
    under(arrivedAt, { ...facts, priority: "routine", patientClass: "unknown" }),
  );
  return due(sinceThen) >= due(before) ? sinceThen : earlier(under(now), before);
}

/** When the promise is due, its clock's stops counted in; of a clock that stands still, as if it went on at `now`. */
export const dueOf = ({ from, minutes }: CasePromise, stops: CaseClock["stops"], now: Date): Date =>
  new Date(readClock({ startedAt: from.getTime(), minutes, stops }, now.getTime()).dueAt);

/** Without its stops. */
export const promisedAt = ({ from, minutes }: CasePromise): Date => new Date(from.getTime() + minutes * 60_000);

/** HL7 table 0004 as contracts tell it apart. Who comes before he is admitted is not in the house yet. */
const classes: Record<string, PatientClass> = { E: "emergency", I: "inpatient", O: "outpatient", P: "outpatient" };

/** The patient's class by the study's orders: the most pressing of them. Images do not say it. */
export function patientClassOf(orders: readonly Pick<OrderOfStudy, "patientClass">[]): PatientClass {
  const said = new Set(orders.map(({ patientClass }) => classes[patientClass]));
  return (["emergency", "inpatient", "outpatient"] as const).find((each) => said.has(each)) ?? "unknown";
}
