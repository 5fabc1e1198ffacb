import { DomainError } from "@overread/shared/errors";
import { reportWords } from "@overread/shared/report-words";
import type { Ctx, UserActor } from "#server/context.ts";
import { isSigned, moveCase, readTogether } from "../reading/index.ts";
import { normalizeText } from "./canonical-text.ts";
import type { AddAddendum, KeyImage, Section } from "./inputs.ts";
import { insertVersion } from "./insert-version.ts";
import { patientInDoubt } from "./patient-in-doubt.ts";
import { findReportCase } from "./report-case.ts";
import type { Signed } from "./shapes.ts";

/** The same text by the same person within this time is a retry of an addendum whose answer was lost. */
const resendSeconds = 120;

/**
 * Adds an addendum to a signed report. The signed text is unchanged; the new version contains it, followed by the
 * addendum as a numbered section, so that its documents are complete by themselves. It is added to every case that the report is of. The caller has
 * re-authenticated.
 *
 * @throws {DomainError} `report.not-signed`, `case.not-found`, `auth.forbidden`
 */
export async function addAddendum(ctx: Ctx<UserActor>, { caseId, text, lateImages }: AddAddendum): Promise<Signed> {
  const { actor, tx } = ctx;
  const row = await findReportCase(ctx, caseId, "report.addendum");
  // Of two concurrent addenda the second waits here and gets the next number.
  await tx.$queryRaw`SELECT id FROM reading_case WHERE id = ${row.readWithId ?? caseId}::uuid FOR UPDATE`;
  const [newest] = await tx.$queryRaw<
    {
      reportVersionId: string;
      version: number;
      language: string;
      sections: Section[];
      keyImages: KeyImage[];
      sha256: string;
      signedAt: Date;
      signedById: string;
      recent: boolean;
    }[]
  >`
    SELECT id AS "reportVersionId", version, language, sections, key_images AS "keyImages", sha256, signed_at AS "signedAt", signed_by_id AS "signedById",
      kind = 'addendum' AND signed_at > clock_timestamp() - make_interval(secs => ${resendSeconds}) AS recent
    FROM report_version WHERE case_id = ${caseId}::uuid ORDER BY version DESC LIMIT 1`;
  if (!newest || !isSigned(row)) throw new DomainError("report.not-signed");
  const words = normalizeText(text);
  if (newest.recent && newest.signedById === actor.userId && newest.sections.at(-1)?.text === words) {
    const { reportVersionId, version, signedAt, sha256 } = newest;
    return { reportVersionId, version, signedAt: signedAt.toISOString(), sha256 };
  }

  const together = await readTogether(ctx, caseId);
  // What he was shown is of this case: late images of the leading one, which is moved, are not seen with that.
  const lateImagesSeen = together[0]?.caseId === caseId ? lateImages : 0;
  await moveCase(ctx, caseId, "amend", { lateImagesSeen });
  const { language } = newest;
  const number = newest.sections.filter(({ key }) => key.startsWith("addendum-")).length + 1;
  return insertVersion(
    ctx,
    { caseId },
    {
      version: newest.version + 1,
      kind: "addendum",
      language,
      sections: [
        ...newest.sections,
        ...(await patientInDoubt(
          ctx,
          { caseIds: together.map((each) => each.caseId), language },
          `addendum-${number}`,
        )),
        { key: `addendum-${number}`, title: reportWords(language).addendumTitle(number), text: words },
      ],
      keyImages: newest.keyImages,
      action: "report.addendum",
    },
  );
}
