import type { CasePriority } from "#server/db/generated/enums.ts";
import type { OrderOfStudy } from "../ordering/index.ts";

const classes: Record<string, CasePriority> = {
  STAT: "stat",
  HIGH: "stat",
  S: "stat",
  MEDIUM: "urgent",
  URGENT: "urgent",
  ASAP: "urgent",
  A: "urgent",
};

/**
 * How soon the hospital wants the study read.
 *
 * @param requestedPriority as the modality sent it: Requested Procedure Priority (0040,1003) `STAT, HIGH, ROUTINE,
 *   MEDIUM, LOW`, the retired Study Priority (0032,000C), or HL7 OBR-27 letters.
 * @param studyDescription where departments without a worklist write it, e.g. `CT HEAD STAT`.
 */
export function priorityClass(requestedPriority: string, studyDescription: string): CasePriority {
  const requested = classes[requestedPriority.trim().toUpperCase()];
  if (requested === "stat" || /\b(stat|emergency|code stroke|polytrauma)\b/i.test(studyDescription)) return "stat";
  if (requested === "urgent" || /\burgent\b/i.test(studyDescription)) return "urgent";
  return "routine";
}

/**
 * How soon the study is to be read, by what its images say and by its orders: the most urgent of them, since somebody meant each.
 * An order can make a study more urgent and never less so.
 */
export function requestedClass(
  study: { requestedPriority: string; studyDescription: string },
  orders: readonly Pick<OrderOfStudy, "priority">[],
): CasePriority {
  const asked = new Set([
    priorityClass(study.requestedPriority, study.studyDescription),
    ...orders.map(({ priority }) => priority),
  ]);
  return (["stat", "urgent"] as const).find((each) => asked.has(each)) ?? "routine";
}
