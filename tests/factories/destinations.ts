import type pg from "pg";

type Pacs = { aeTitle: string; host: string; port: number };

/** The PACS of every facility there is, straight in the tables; null: none has one. */
export async function setEveryPacs(owner: pg.Pool, pacs: Pacs | null): Promise<void> {
  await owner.query(
    `INSERT INTO destination (org_id, facility_id, kind, name, settings, enabled)
     SELECT org_id, id, 'dicom', 'pacs', $1::jsonb, $1::jsonb IS NOT NULL FROM facility
     ON CONFLICT (org_id, facility_id, kind, name) DO UPDATE SET settings = excluded.settings, enabled = excluded.enabled`,
    [pacs && JSON.stringify(pacs)],
  );
}
