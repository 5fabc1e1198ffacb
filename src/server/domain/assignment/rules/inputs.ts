import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";
import { sheetSchema } from "./sheet.ts";

const note = z.string().overwrite(removeHiddenCharacters).trim().max(300);
const version = z.int().min(0);

/** `basedOn`: the version that was in force when the lead began to edit; 0: none. */
export const SaveRules = z.strictObject({ basedOn: version, sheet: sheetSchema, note: note.default("") });
export type SaveRules = z.output<typeof SaveRules>;

export const CheckRules = z.strictObject({ sheet: sheetSchema });
export type CheckRules = z.output<typeof CheckRules>;

/** Of the last days, whole; more than a month of people, places and habits is another group. */
export const RehearseRules = z.strictObject({ sheet: sheetSchema, days: z.int().min(1).max(31) });
export type RehearseRules = z.output<typeof RehearseRules>;

export const RestoreRules = z.strictObject({ basedOn: version, version: version.min(1), note: note.default("") });
export type RestoreRules = z.output<typeof RestoreRules>;

export const RulesVersion = z.strictObject({ version: version.min(1) });
export type RulesVersion = z.output<typeof RulesVersion>;
