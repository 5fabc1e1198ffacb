import { hasHiddenCharacters, removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { Markup } from "@overread/shared/measurements/markup";
import { reportLanguages } from "@overread/shared/report-languages";
import { z } from "zod";

/** Inputs of the reporting module's verbs. */

const uid = z
  .string()
  .max(64)
  .regex(/^\d+(\.\d+)*$/);

/** One image to show with the report, in the window it had when it was marked. */
export const KeyImage = z.object({
  seriesInstanceUid: uid,
  sopInstanceUid: uid,
  sopClassUid: uid,
  /** From 1 (PS3.3 C.7.6.6). */
  frameNumber: z.number().int().min(1).max(100_000),
  caption: z.string().max(300).overwrite(removeHiddenCharacters),
  windowCenter: z.number().optional(),
  windowWidth: z.number().positive().optional(),
});
export type KeyImage = z.output<typeof KeyImage>;

export const Section = z.object({
  key: z.string().regex(/^[a-z][a-zA-Z0-9-]{0,39}$/),
  title: z.string().min(1).max(80).overwrite(removeHiddenCharacters),
  text: z.string().max(50_000).overwrite(removeHiddenCharacters),
});
export type Section = z.output<typeof Section>;

const caseId = z.uuid();
const claimToken = z.string().regex(/^\d{1,18}$/);
const version = z.number().int().min(0);

export const GetReport = z.object({ caseId });
export type GetReport = z.output<typeof GetReport>;

export const SaveDraft = z.object({
  caseId,
  claimToken,
  /** The version this text was edited from; 0 when nothing has been saved yet. */
  version,
  sections: z.array(Section).min(1).max(30),
  /** Omitted: unchanged. */
  keyImages: z.array(KeyImage).max(50).optional(),
  templateId: z
    .string()
    .max(60)
    .refine((id) => !hasHiddenCharacters(id), "unknown template")
    .optional(),
  /** RFC 5646, of shared/report-languages.ts; empty: not stated. Omitted: unchanged. */
  language: z
    .string()
    .refine((tag) => tag === "" || Object.hasOwn(reportLanguages, tag), "unknown language")
    .optional(),
});
export type SaveDraft = z.output<typeof SaveDraft>;

export const SaveMarkup = z.object({
  caseId,
  claimToken,
  /** The version it was changed from; 0 when nothing has been kept yet. */
  version,
  markup: Markup,
});
export type SaveMarkup = z.output<typeof SaveMarkup>;

/** A colleague's draft, by the version that the caller saw. */
export const TakeOverDraft = z.object({ caseId, claimToken, version: version.min(1) });
export type TakeOverDraft = z.output<typeof TakeOverDraft>;

/** How much of each series was on the signer's screen, whole; omitted: he signs without a viewer that tells it. */
const ImagesShown = z
  .array(
    z
      .object({
        seriesInstanceUid: z.string().regex(/^[\d.]{1,64}$/),
        total: z.int().min(1).max(1_000_000),
        shown: z.int().min(0),
      })
      .refine(({ total, shown }) => shown <= total, "more shown than there are"),
  )
  .max(500);
export type ImagesShown = z.output<typeof ImagesShown>;

export const SignPreliminary = z.object({ caseId, claimToken, version, imagesShown: ImagesShown.optional() });
export type SignPreliminary = z.output<typeof SignPreliminary>;

/** What the second reader thinks of the preliminary report. */
export const OverRead = z
  .object({
    /** 1 agrees; 2 to 4: a discrepancy of growing weight. */
    score: z.number().int().min(1).max(4),
    /** It matters to the patient. */
    significant: z.boolean(),
    comment: z.string().overwrite(removeHiddenCharacters).trim().max(1000).default(""),
  })
  .refine(({ score, significant }) => score > 1 || !significant, "agreement has no significance");
export type OverRead = z.output<typeof OverRead>;

export const SignReport = SignPreliminary.extend({ overRead: OverRead.optional() });
export type SignReport = z.output<typeof SignReport>;

export const AskArbiter = z.object({ caseId, claimToken, overRead: OverRead });
export type AskArbiter = z.output<typeof AskArbiter>;

export const AddAddendum = z.object({
  caseId,
  // Empty lines around it are removed; spaces before its first word are a list's indentation.
  text: z
    .string()
    .overwrite((text) =>
      removeHiddenCharacters(text)
        .replace(/^(?:[^\S\n]*\n)+/, "")
        .trimEnd(),
    )
    .min(1)
    .max(50_000),
  /** The number of late images that the author was shown; omitted: all. */
  lateImages: z.number().int().min(0).optional(),
});
export type AddAddendum = z.output<typeof AddAddendum>;

export const ListReferrals = z.object({
  text: z.string().max(100).optional(),
  cursor: z.string().max(200).nullish(),
  limit: z.number().int().min(1).max(100).default(30),
});
export type ListReferrals = z.input<typeof ListReferrals>;

export const GetReferral = z.object({ studyId: z.uuid() });
export type GetReferral = z.output<typeof GetReferral>;
