/** The worklist's lists. A list and its count use the same condition. */
export const listIds = ["next", "all", "stat", "mine", "asked", "final"] as const;
export type ListId = (typeof listIds)[number];
