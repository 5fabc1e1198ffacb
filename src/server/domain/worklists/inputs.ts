import { CaseView } from "@overread/shared/case-view";
import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";
import { Role } from "#server/db/generated/enums.ts";

/** For whom a list is. */
const Audience = z.discriminatedUnion("of", [
  z.strictObject({ of: z.literal("own") }),
  z.strictObject({ of: z.literal("role"), role: z.enum(Role) }),
  z.strictObject({ of: z.literal("group"), groupId: z.uuid() }),
  z.strictObject({ of: z.literal("everybody") }),
]);

/** `listId` and the `version` that was edited; without them a new list. */
export const SaveList = z.strictObject({
  listId: z.uuid().optional(),
  version: z.int().min(1).optional(),
  name: z.string().overwrite(removeHiddenCharacters).trim().min(1).max(60),
  audience: Audience,
  pinned: z.boolean(),
  view: CaseView,
});
export type SaveList = z.output<typeof SaveList>;

export const OfList = z.strictObject({ listId: z.uuid() });
export type OfList = z.output<typeof OfList>;

export const WatchList = OfList.extend({ on: z.boolean() });
export type WatchList = z.output<typeof WatchList>;
