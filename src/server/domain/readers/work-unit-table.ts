import { z } from "zod";
import type { SqlTx } from "#server/context.ts";
import { code, type WorkUnitTable } from "../assignment/engine/index.ts";

const units = z.number().positive().max(1000);
/** As it is kept. What is written is held against it too: a table that cannot be read would count for nothing, unseen. */
export const WorkUnitContent = z.object({
  procedures: z.array(z.object({ code, workUnits: units, effort: units.nullable() })).max(20_000),
  modalities: z.array(z.object({ modality: z.string().regex(/^[A-Z0-9]{2,16}$/), workUnits: units })).max(20_000),
  otherwise: units,
});

/** Until a group brings its own: how the modalities stand to each other, a plain radiograph being the smallest. */
export const usualWorkUnits: WorkUnitTable = {
  procedures: [],
  modalities: [
    { modality: "CR", workUnits: 0.2 },
    { modality: "DX", workUnits: 0.2 },
    { modality: "MG", workUnits: 0.8 },
    { modality: "US", workUnits: 0.7 },
    { modality: "RF", workUnits: 0.6 },
    { modality: "NM", workUnits: 1 },
    { modality: "XA", workUnits: 1.2 },
    { modality: "CT", workUnits: 1.2 },
    { modality: "MR", workUnits: 1.5 },
    { modality: "PT", workUnits: 2 },
  ],
  otherwise: 1,
};

/** What cases count for in a reading group: its newest table, or the usual one. For the engine; asks no policy. */
export async function workUnitTable(tx: SqlTx, readerOrgId: string): Promise<WorkUnitTable> {
  const [row] = await tx.$queryRaw<{ content: unknown }[]>`
    SELECT content FROM work_unit_table WHERE org_id = ${readerOrgId}::uuid ORDER BY version DESC LIMIT 1`;
  const own = WorkUnitContent.safeParse(row?.content);
  return own.success ? own.data : usualWorkUnits;
}
