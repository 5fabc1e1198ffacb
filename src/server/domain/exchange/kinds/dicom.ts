import { DicomNode } from "@overread/shared/edge-contract/v1";
import type { DicomDelivery } from "@overread/shared/edge-contract/v2";
import type { z } from "zod";
import type { Kind } from "./kind.ts";

/** A DICOM node in the hospital: AE title, host and port of its Storage SCP. */
export const DicomSettings = DicomNode;
export type DicomSettings = z.output<typeof DicomSettings>;

type Row = Omit<DicomDelivery["subject"], "retrievePath"> & { instanceId: string; orgSlug: string };

/** Objects to the hospital's PACS, by C-STORE (PS3.4 Annex B), through the edge router. */
export const dicom: Kind<"dicom", DicomSettings, DicomDelivery["subject"]> = {
  kind: "dicom",
  carrier: "edge",
  settings: DicomSettings,
  receives: ["instance"],
  async contentOf({ tx }, taken) {
    const rows = await tx.$queryRaw<Row[]>`
      SELECT i.id::text AS "instanceId", o.slug AS "orgSlug", st.study_instance_uid AS "studyInstanceUid",
        se.series_instance_uid AS "seriesInstanceUid", i.sop_instance_uid AS "sopInstanceUid", i.sop_class_uid AS "sopClassUid",
        i.transfer_syntax_uid AS "transferSyntaxUid", i.data_set_sha256 AS "dataSetSha256"
      FROM instance i JOIN series se ON se.id = i.series_ref JOIN study st ON st.id = i.study_ref JOIN organization o ON o.id = i.org_id
      WHERE i.id = ANY(${taken.map(({ subject }) => subject.id)}::uuid[])`;
    const byInstance = new Map(rows.map(({ instanceId, orgSlug, ...object }) => [instanceId, { orgSlug, object }]));
    return new Map(
      taken.flatMap(({ deliveryId, subject }) => {
        const found = byInstance.get(subject.id);
        if (!found) return [];
        const { orgSlug, object } = found;
        const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = object;
        const retrievePath = `/dicomweb/${orgSlug}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
        return [[deliveryId, { ...object, retrievePath }] as const];
      }),
    );
  },
};
