import { reasonOf } from "@overread/shared/delivery-failure";
import type { Ctx } from "#server/context.ts";
import type { DocumentKind, ReportKind } from "#server/db/generated/enums.ts";
import { type DeliveryView, deliveriesAbout } from "../exchange/index.ts";
import type { KeyImage, Section } from "./inputs.ts";
import type { SignedVersion } from "./shapes.ts";

type VersionRow = {
  reportVersionId: string;
  version: number;
  kind: ReportKind;
  language: string;
  signedAt: Date;
  signedBy: string;
  sha256: string;
  blind: boolean;
  sections: Section[];
  keyImages: KeyImage[];
  kosSopInstanceUid: string | null;
  measured: boolean;
  documents: { kind: DocumentKind; instanceId: string }[];
};

/** The signed versions of a study, newest first, with the status of their documents. */
export async function signedVersions({ tx }: Pick<Ctx, "tx">, studyId: string): Promise<SignedVersion[]> {
  const versions = await tx.$queryRaw<VersionRow[]>`
    SELECT v.id AS "reportVersionId", v.version, v.kind, v.language, v.signed_at AS "signedAt", v.signed_by_name AS "signedBy", v.sha256,
      v.blind, v.sections, v.key_images AS "keyImages", v.kos_sop_instance_uid AS "kosSopInstanceUid",
      v.kind = 'final' AND jsonb_array_length(v.markup -> 'measurements') > 0 AS measured,
      coalesce((SELECT jsonb_agg(jsonb_build_object('kind', d.kind, 'instanceId', d.instance_id) ORDER BY d.kind)
        FROM report_document d WHERE d.report_version_id = v.id), '[]') AS documents
    FROM report_version v WHERE v.study_ref = ${studyId}::uuid ORDER BY v.version DESC`;
  if (versions.length === 0) return [];
  const deliveries = await deliveriesAbout({ tx }, { studyId });
  return versions.map(({ documents, kosSopInstanceUid, measured, signedAt, ...version }) => {
    const isStored = (kind: DocumentKind) => documents.some((document) => document.kind === kind);
    return {
      ...version,
      signedAt: signedAt.toISOString(),
      documents: {
        pdf: version.blind ? "none" : isStored("pdf") ? "stored" : "pending",
        sr: version.blind ? "none" : isStored("sr") ? "stored" : "pending",
        kos: kosSopInstanceUid === null ? "none" : isStored("kos") ? "stored" : "pending",
        measurements: version.blind || !measured ? "none" : isStored("measurements") ? "stored" : "pending",
        presentation: isStored("presentation") ? "stored" : "none",
      },
      deliveries: documents.flatMap(({ kind, instanceId }) =>
        deliveries
          .filter(({ subjectType, subjectId }) => subjectType === "instance" && subjectId === instanceId)
          .map((delivery) => toView(kind, delivery)),
      ),
    };
  });
}

function toView(
  kind: DocumentKind,
  { facility, state, attempts, lastFailure, deliveredAt }: DeliveryView,
): SignedVersion["deliveries"][number] {
  return {
    kind,
    facility: facility ?? "",
    state,
    attempts,
    lastReason: lastFailure && reasonOf(lastFailure),
    lastFailure,
    deliveredAt: deliveredAt?.toISOString() ?? null,
  };
}
