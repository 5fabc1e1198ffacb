/** The lists that people work from. A list and the number beside its name are made of one condition. */
export const listIds = ["next", "all", "stat", "mine", "final"] as const;
export type ListId = (typeof listIds)[number];
