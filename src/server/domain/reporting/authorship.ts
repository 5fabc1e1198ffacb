import { reportWords } from "@overread/shared/report-words";
import type { Ctx } from "#server/context.ts";
import { draftHistory } from "./draft-history.ts";
import type { Section } from "./inputs.ts";

/** Key of a section that the product appends to the reader's. */
export const authorshipKey = "authorship";

/**
 * The section that states which text the signer took over from a colleague's draft; part of what is signed. None when
 * everything since the last fresh start is the signer's own.
 */
export async function authorship(
  ctx: Pick<Ctx, "tx">,
  { caseId, language }: { caseId: string; language: string },
): Promise<Section[]> {
  const history = await draftHistory(ctx, caseId);
  const begun = history.findIndex(({ act }) => act === "set-aside");
  const taken = (begun < 0 ? history : history.slice(0, begun)).toReversed();
  if (taken.length === 0) return [];
  const { title, takenOver } = reportWords(language).authorship;
  const text = taken
    .map(({ from, writtenAt, by, at }) => takenOver({ from, writtenAt: minute(writtenAt), by, at: minute(at) }))
    .join("\n");
  return [{ key: authorshipKey, title, text }];
}

/** `2026-11-26 01:20 UTC`: in UTC, since it is read in several time zones. */
const minute = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
