/** Which cases the page lists: those that wait for a check, or those of the open ones that were checked. */
export type CheckList = "waiting" | "complete";

/** A night's worth; the most urgent come first. */
const atMost = 200;

export const inputOf = (techCheck: CheckList) => ({
  filter: { list: "all" as const, where: { techCheck } },
  limit: atMost,
});
