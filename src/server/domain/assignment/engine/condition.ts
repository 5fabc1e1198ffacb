import { type Instant, minuteMs } from "./codes.ts";
import type { Condition } from "./rules.ts";
import type { CaseFacts } from "./snapshot.ts";

const valuesOf: Record<
  Exclude<Condition["field"], "slack" | "waited">,
  (facts: CaseFacts) => readonly (string | null)[]
> = {
  hospital: (c) => [c.hospitalId],
  facility: (c) => [c.facilityId],
  modality: (c) => c.modalities,
  "body-region": (c) => c.bodyRegions,
  procedure: (c) => [c.procedureCode],
  "patient-class": (c) => [c.patientClass],
  "age-band": (c) => [c.ageBand],
  priority: (c) => [c.priority],
  "read-type": (c) => [c.readType],
  language: (c) => [c.language],
};

/** Every condition of a rule made ready to be asked of many cases; all have to hold. */
export function conditionsAsked(conditions: readonly Condition[], now: Instant): (facts: CaseFacts) => boolean {
  const asked = conditions.map((condition): ((facts: CaseFacts) => boolean) => {
    if (condition.field === "slack") return ({ dueAt }) => dueAt - now < condition.minutes * minuteMs;
    if (condition.field === "waited") return ({ arrivedAt }) => now - arrivedAt > condition.minutes * minuteMs;
    const wanted = new Set<string | null>(condition.values);
    const values = valuesOf[condition.field];
    const some = condition.op === "any-of";
    return (facts) => values(facts).some((value) => wanted.has(value)) === some;
  });
  return (facts) => asked.every((holds) => holds(facts));
}
