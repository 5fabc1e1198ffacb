import { DomainError } from "@overread/shared/errors";

/** The author of a draft. Null: the draft holds the text of the preliminary report, which nobody has edited yet. */
export type DraftAuthorship = { version: number; updatedAt: Date; authorId: string | null; savedBy: string | null };

export function isAnotherAuthors(draft: Pick<DraftAuthorship, "authorId">, userId: string): boolean {
  return draft.authorId !== null && draft.authorId !== userId;
}

/**
 * Refuses to write on or sign a colleague's draft that has been neither taken over nor started anew, with or without a
 * claim: automatic saving and a password do not make it one's own.
 *
 * @throws {DomainError} `report.draft-of-another` with `author`, `savedAt`, `version`
 */
export function requireOwnDraft(draft: DraftAuthorship | null, userId: string): void {
  if (!draft || !isAnotherAuthors(draft, userId)) return;
  throw new DomainError("report.draft-of-another", {
    details: { author: draft.savedBy, savedAt: draft.updatedAt.toISOString(), version: draft.version },
  });
}
