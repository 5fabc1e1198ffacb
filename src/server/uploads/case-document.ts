import { createHash } from "node:crypto";
import { uidFromUuid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { type SiteDocument, siteDocumentKinds } from "@overread/shared/site-documents";
import { characterSetIn, ingestPart10 } from "#server/archive/index.ts";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { buildSiteDocument, identityFrom } from "#server/documents/index.ts";
import {
  findOwnDocument,
  firstImageMetadata,
  locateInstances,
  siteDocumentSource,
} from "#server/domain/imaging/index.ts";
import { noteDocument, studyForDocument } from "#server/domain/reading/index.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { systemActor } from "#server/system-actor.ts";
import { checkDocument } from "./check-document.ts";
import { receiveDocument } from "./receive-document.ts";
import { answer } from "./signed-in.ts";

/**
 * Answers `POST /api/cases/{caseId}/documents?document={kind}`: a PDF or picture as an object of the case's study, with the patient of its
 * images. It is in the archive, verified like anything that is stored there, before this answers. Sent again, it is the same object.
 *
 * @throws {DomainError} `document.refused`, `case.not-found`, `case.illegal-move` (signed or cancelled), `auth.*`, `storage.*`,
 *   `instance.not-found` (no image of the study is left whose patient it could have)
 */
export async function caseDocument(exchange: Exchange, actor: UserActor, caseId: string): Promise<void> {
  const { req, requestId } = exchange;
  const document = kindOf(req.url ?? "");
  // Whoever may not add one is told before anything is received or decoded for him.
  const { studyId, studyInstanceUid, facilityId, timeZone } = await withTenant(
    actor,
    (ctx) => studyForDocument(ctx, { caseId }),
    { requestId },
  );
  const body = await receiveDocument(exchange);
  if (!body) return;
  const content = await checkDocument(body, req.headers["content-type"]);
  const archive = systemActor(actor.orgId, "tech check");
  const uids = uidsOf([caseId, document, createHash("sha256").update(content.bytes).digest("hex")].join(" "));
  const known = () =>
    withTenant(
      archive,
      (ctx) => findOwnDocument(ctx, { sopInstanceUid: uids.sopInstanceUid, source: siteDocumentSource }),
      {
        requestId,
      },
    );
  let stored = await known();
  if (!stored) {
    const { image, images } = await withTenant(
      archive,
      async (ctx) => ({
        image: await firstImageMetadata(ctx, { studyId }),
        images: await locateInstances(ctx, { studyId }),
      }),
      { requestId },
    );
    const file = buildSiteDocument({
      identity: identityFrom(image),
      characterSet: await characterSetIn(images),
      document,
      content,
      at: new Date(),
      timeZone,
      uids,
    });
    const result = await ingestPart10(archive, file, {
      source: siteDocumentSource,
      facilityId,
      onlyStudyInstanceUid: studyInstanceUid,
      requestId,
    });
    if (result.outcome === "refused") throw result.error ?? new DomainError(result.code);
    // Of two that were sent at once the first stays.
    stored =
      result.outcome === "quarantined"
        ? await known()
        : { instanceId: result.instanceId, sha256: result.dataSetSha256 };
    if (!stored) throw new DomainError("internal", { details: { reason: "document-quarantined" } });
  }
  const { instanceId } = stored;
  await withTenant(actor, (ctx) => noteDocument(ctx, { caseId, instanceId, document }), { requestId });
  answer(exchange, { instanceId });
}

function kindOf(url: string): SiteDocument {
  const kind = new URL(url, "http://localhost").searchParams.get("document");
  const known = siteDocumentKinds.find((each) => each === kind);
  if (!known) throw new DomainError("request.invalid", { details: { fields: "document" } });
  return known;
}

/** The same for the same document of the same case, so that an attempt after a broken one makes no second object. */
function uidsOf(name: string): { seriesInstanceUid: string; sopInstanceUid: string } {
  const uid = (what: string) => uidFromUuid(createHash("sha256").update(`${what} ${name}`).digest("hex").slice(0, 32));
  return { seriesInstanceUid: uid("series"), sopInstanceUid: uid("instance") };
}
