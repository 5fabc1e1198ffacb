import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { type HeldCase, holdClaim, moveCase, readTogether } from "../reading/index.ts";
import {
  type CoReader,
  type DoubleReading,
  doubleReadingOf,
  doubleReadingSection,
  isDisagreement,
  type KeptReading,
  requireStage,
} from "./double-reading.ts";
import { finalisingOf } from "./finalising.ts";
import type { AskArbiter, ImagesShown, KeyImage, OverRead, Section } from "./inputs.ts";
import { insertVersion } from "./insert-version.ts";
import { markupToSign } from "./markup-to-sign.ts";
import { nextVersion } from "./next-version.ts";
import { recordOverRead } from "./over-read.ts";
import { findReportCase } from "./report-case.ts";
import type { Signed } from "./shapes.ts";

type Draft = { language: string; sections: Section[]; keyImages: KeyImage[]; imagesShown: ImagesShown | null };

/**
 * Keeps the caller's reading of two: a signed version without documents, for nobody else until the other one is kept. The first ends its claim;
 * the second goes on to compare.
 *
 * @throws {DomainError} `report.double-reading` with `stage`, `report.not-yours-to-finalise` with `bar`, `case.illegal-move`
 */
export async function keepReading(
  ctx: Ctx<UserActor>,
  { held, draft, claimToken, double }: { held: HeldCase; draft: Draft; claimToken: string; double: DoubleReading },
): Promise<Signed> {
  const { caseId, state } = held;
  const stage = requireStage(double, ctx.actor.userId, ["first", "second"]);
  if (stage === "second") await requireOverReader(ctx, held, double.kept[0]!);
  else if (!(await moveCase(ctx, caseId, "signPreliminary", { claimToken })))
    throw new DomainError("case.illegal-move", { details: { from: state, to: "preliminary" } });
  const version = await nextVersion(ctx, caseId);
  const kind = "preliminary";
  return insertVersion(ctx, held, { ...draft, version, kind, action: "report.sign-preliminary", blind: true });
}

/**
 * Signs the final report of two readings: by one of the two, who scores the other's, as long as they agree; by a third otherwise. It names all
 * of them.
 *
 * @throws {DomainError} `report.double-reading` with `stage`, `report.unscored`, `request.invalid`, `report.not-yours-to-finalise` with `bar`,
 * `case.illegal-move`
 */
export async function signOfTwo(
  ctx: Ctx<UserActor>,
  input: { held: HeldCase; draft: Draft; claimToken: string; double: DoubleReading; overRead: OverRead | undefined },
): Promise<Signed> {
  const { held, draft, claimToken, double, overRead } = input;
  const { caseId, state } = held;
  const { userId } = ctx.actor;
  const stage = requireStage(double, userId, ["compares", "decides"]);
  const others = double.kept.filter(({ signedById }) => signedById !== userId);
  const other = others[0]!;
  if (stage === "decides" && overRead) throw new DomainError("request.invalid", { details: { fields: "overRead" } });
  if (stage === "compares" && !overRead)
    throw new DomainError("report.unscored", { details: { signedBy: other.signedBy } });
  if (overRead && isDisagreement(overRead))
    throw new DomainError("report.double-reading", { details: { stage: "differs" } });
  await requireOverReader(ctx, held, other);
  if (!(await moveCase(ctx, caseId, "sign", { claimToken })))
    throw new DomainError("case.illegal-move", { details: { from: state, to: "final" } });
  const coReaders = others.map(
    ({ signedBy: name, personName, qualification, signedAt }): CoReader => ({
      name,
      personName,
      qualification,
      signedAt: signedAt.toISOString(),
      agreed: stage === "compares",
    }),
  );
  const signed = await insertVersion(ctx, held, {
    ...draft,
    sections: [...draft.sections, doubleReadingSection(double, stage, draft.language)],
    version: await nextVersion(ctx, caseId),
    kind: "final",
    action: "report.sign",
    coReaders,
    markup: await markupToSign(ctx, caseId, await readTogether(ctx, caseId)),
  });
  if (overRead) await scoreOther(ctx, held, double, overRead);
  return signed;
}

/**
 * One of two readers says that they differ: the score is kept, and the case goes to a third.
 *
 * @throws {DomainError} `report.double-reading` with `stage`, `request.invalid` (a score that agrees), `case.claim-expired`, `case.not-claimed`,
 * `case.not-found`, `auth.forbidden`
 */
export async function askArbiter(
  ctx: Ctx<UserActor>,
  { caseId, claimToken, overRead }: AskArbiter,
): Promise<{ asked: true }> {
  await findReportCase(ctx, caseId, "report.sign");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const double = await doubleReadingOf(ctx, caseId);
  if (!double || !isDisagreement(overRead))
    throw new DomainError("request.invalid", { details: { fields: "overRead" } });
  requireStage(double, ctx.actor.userId, ["compares"]);
  await scoreOther(ctx, held, double, overRead);
  if (!(await moveCase(ctx, caseId, "release", undefined, () => ({ action: "report.ask-arbiter" }))))
    throw new DomainError("case.not-claimed");
  return { asked: true };
}

/** What the caller thinks of the other reading, set against his own. */
function scoreOther(ctx: Ctx<UserActor>, held: HeldCase, { kept }: DoubleReading, overRead: OverRead): Promise<void> {
  const own = kept.find(({ signedById }) => signedById === ctx.actor.userId)!;
  const preliminary = kept.find((each) => each !== own)!;
  return recordOverRead(ctx, held, { ...overRead, preliminary }, own.versionId);
}

/** The kinds of reading and the privilege that an over-read asks for. */
async function requireOverReader(ctx: Ctx<UserActor>, held: HeldCase, other: KeptReading): Promise<void> {
  const { bar } = await finalisingOf(ctx, held, other);
  if (bar) throw new DomainError("report.not-yours-to-finalise", { details: { bar } });
}
