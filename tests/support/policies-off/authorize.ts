import type * as real from "#server/domain/authorize.ts";

/** `src/server/domain/authorize.ts` as it would be if every check of it were forgotten: everybody may do everything. */
export const makePolicy: typeof real.makePolicy = (table) => ({
  can: () => true,
  authorize: () => undefined,
  sides: () => ["reader", "hospital"],
  table,
});
