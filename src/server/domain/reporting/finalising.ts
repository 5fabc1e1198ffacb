import { DomainError } from "@overread/shared/errors";
import { reportWords } from "@overread/shared/report-words";
import type { Ctx, UserActor } from "#server/context.ts";
import { type Finalising, whoFinalises } from "../assignment/index.ts";
import type { Section } from "./inputs.ts";
import type { Preliminary } from "./over-read.ts";
import type { FinalBar } from "./shapes.ts";

/** Key of the section that says that the final report is its preliminary one's author's. */
export const finalByAuthorKey = "finalised-by-author";

/** Whether the caller may sign the final report of the case that he holds, and whether anybody else may. Asks no policy. */
export async function finalisingOf(
  { actor, tx }: Pick<Ctx<UserActor>, "actor" | "tx">,
  { caseId, readerOrgId }: { caseId: string; readerOrgId: string },
  preliminary: Preliminary | null,
): Promise<{ bar: FinalBar | null; othersMay: boolean }> {
  const goesOver = !preliminary ? "nothing" : preliminary.signedById === actor.userId ? "own" : "others";
  const finalising = await whoFinalises(tx, { readerOrgId, caseId, userId: actor.userId, goesOver });
  return { bar: barOf(finalising), othersMay: finalising.othersMay };
}

const barOf = ({ bars }: Finalising): FinalBar | null =>
  bars.length === 0 ? null : bars.includes("read-type.missing") ? "read-type" : "privilege";

/**
 * Refuses a final signature by who may not give it: a reader who signs no final reports, or not at this facility; and the author of the
 * preliminary report as long as anybody else of the group may go over it.
 *
 * @returns whether the author of the preliminary report finalises it himself.
 * @throws {DomainError} `report.not-yours-to-finalise` with `bar`, `report.own-preliminary`
 */
export async function requireMayFinalise(
  ctx: Ctx<UserActor>,
  held: { caseId: string; readerOrgId: string },
  preliminary: Preliminary | null,
): Promise<boolean> {
  const { bar, othersMay } = await finalisingOf(ctx, held, preliminary);
  const own = preliminary?.signedById === ctx.actor.userId;
  if (own && othersMay) throw new DomainError("report.own-preliminary");
  if (bar) throw new DomainError("report.not-yours-to-finalise", { details: { bar } });
  return own;
}

/** The section that states it; part of what is signed. */
export function finalByAuthor(language: string): Section {
  const { title, text } = reportWords(language).finalByAuthor;
  return { key: finalByAuthorKey, title, text };
}
