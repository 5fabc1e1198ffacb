import { DomainError } from "@overread/shared/errors";

/** Whose a draft is. Without an author its words are those of the preliminary report, for whoever goes over it. */
export type DraftAuthorship = { version: number; updatedAt: Date; authorId: string | null; savedBy: string | null };

export function isAnotherAuthors(draft: Pick<DraftAuthorship, "authorId">, userId: string): boolean {
  return draft.authorId !== null && draft.authorId !== userId;
}

/**
 * Nobody writes on or signs a colleague's draft, claim or no claim, before having taken it over or begun anew: no window that saves by
 * itself and no password makes it one's own.
 *
 * @throws {DomainError} `report.draft-of-another` with `author`, `savedAt`, `version`
 */
export function requireOwnDraft(draft: DraftAuthorship | null, userId: string): void {
  if (!draft || !isAnotherAuthors(draft, userId)) return;
  throw new DomainError("report.draft-of-another", {
    details: { author: draft.savedBy, savedAt: draft.updatedAt.toISOString(), version: draft.version },
  });
}
