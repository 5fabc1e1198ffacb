import type { CasePriority } from "#server/db/generated/enums.ts";

const order: readonly CasePriority[] = ["routine", "urgent", "stat"];

export const isMoreUrgent = (a: CasePriority, b: CasePriority): boolean => order.indexOf(a) > order.indexOf(b);

/**
 * The class of a case for which somebody has decided one. The decision stands while the hospital asks for what it asked
 * for then; where it asks for something else now, the more urgent of the two.
 */
export function classWith(
  requested: CasePriority,
  { decided, over }: { decided: CasePriority | null; over: CasePriority | null },
): CasePriority {
  if (!decided || requested === over) return decided ?? requested;
  return isMoreUrgent(requested, decided) ? requested : decided;
}
