import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";
import { sheetSchema } from "./sheet.ts";

const note = z.string().overwrite(removeHiddenCharacters).trim().max(300);
const version = z.int().min(0);

/** `basedOn`: the version that was in force when the lead began to edit; 0: none. */
export const SaveRules = z.strictObject({ basedOn: version, sheet: sheetSchema, note: note.default("") });
export type SaveRules = z.output<typeof SaveRules>;

export const RestoreRules = z.strictObject({ basedOn: version, version: version.min(1), note: note.default("") });
export type RestoreRules = z.output<typeof RestoreRules>;

export const RulesVersion = z.strictObject({ version: version.min(1) });
export type RulesVersion = z.output<typeof RulesVersion>;
