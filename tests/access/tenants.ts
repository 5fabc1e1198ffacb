import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { TRPCError } from "@trpc/server";
import type pg from "pg";
import { createApiToken } from "#server/auth/api-token.ts";
import type { UserActor } from "#server/context.ts";
import type { Role } from "#server/db/generated/enums.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { recordDocuments, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { toDomainError } from "#server/errors.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";
import { answerDicomweb } from "../support/dicomweb-alone.ts";
import { roles, type Things } from "./lines.ts";

/** Part of everything that belongs to the foreign hospital: an answer that contains it leaks. */
export const canary = "CANARY";

export type Caller = { name: string; role: Role; actor: UserActor; cookie: string };

export type Tenants = {
  owner: pg.Pool;
  /** Origin of DICOMweb. */
  origin: string;
  /** Every role of two hospitals, two reading groups and the platform; none is related to the foreign hospital. */
  strangers: Caller[];
  tokens: string[];
  lakeside: Things;
  harbor: Things;
  /** Of the foreign hospital. */
  faraway: Things;
  close(): Promise<void>;
};

let owner: pg.Pool;

/** The demo's organisations with data, and a foreign hospital with a reading group of its own. One per test file. */
export async function useTenants(): Promise<Tenants> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "overread-matrix-"));
  Object.assign(process.env, { NODE_ENV: "test", OVERREAD_DATA_DIR: dataDir });
  const db = await useTestDatabase();
  owner = db.owner;
  await seedDemo({ password: "correct horse" });
  await foundTenant("faraway", "daybreak");
  const [nightshift, lakesideId, harborId, farawayId, daybreak] = await Promise.all(
    ["nightshift", "lakeside", "harbor", "faraway", "daybreak"].map(orgId),
  );
  await owner.query(
    "INSERT INTO organization (slug, name, kind, letterhead) VALUES ('idle', 'Idle Readers', 'reading_group', '{}')",
  );
  const strangers: Caller[] = [];
  for (const [slug, id] of [
    ["lakeside", lakesideId!],
    ["harbor", harborId!],
    ["nightshift", nightshift!],
    ["idle", await orgId("idle")],
    ["overread", await orgId("overread")],
  ] as const)
    for (const role of roles) strangers.push(await hire(slug, id, role));
  const tokens = await Promise.all(
    ["lakeside", "harbor", "nightshift"].map(
      async (slug) => (await createApiToken(slug, ["dicomweb:read", "dicomweb:write"], "matrix")).token,
    ),
  );
  // One patient ID and one Study Instance UID exist in two hospitals.
  const sameUid = "2.25.4242";
  const lakeside = await furnish("lakeside-main", lakesideId!, nightshift!, { studyInstanceUid: sameUid });
  const harbor = await furnish("harbor-general", harborId!, nightshift!, {});
  const faraway = await furnish("faraway-main", farawayId!, daybreak!, {
    studyInstanceUid: sameUid,
    name: `${canary}^Faraway`,
  });

  const server = createServer(answerDicomweb());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    owner,
    origin,
    strangers,
    tokens,
    lakeside,
    harbor,
    faraway,
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await db.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A hospital with a reading group of its own, and no contract with anybody else. */
async function foundTenant(hospital: string, group: string): Promise<void> {
  await owner.query(
    `WITH h AS (INSERT INTO organization (slug, name, kind, letterhead) VALUES ($1, $3, 'hospital', '{}') RETURNING id),
       g AS (INSERT INTO organization (slug, name, kind, letterhead) VALUES ($2, $3, 'reading_group', '{}') RETURNING id),
       f AS (INSERT INTO facility (org_id, slug, name, allowed_calling_ae_titles, called_ae_titles, prior_ae_titles)
         SELECT id, $1 || '-main', $3, '{*}', '{OVERREAD}', '{}' FROM h RETURNING id, org_id),
       d AS (INSERT INTO destination (org_id, facility_id, kind, name, settings)
         SELECT org_id, id, 'dicom', 'pacs', '{"aeTitle": "PACS", "host": "127.0.0.1", "port": 104}' FROM f)
     INSERT INTO contract (org_id, reader_org_id) SELECT h.id, g.id FROM h, g`,
    [hospital, group, `${canary} Hospital`],
  );
}

export async function hire(slug: string, org: string, role: Role, name = "Staff"): Promise<Caller> {
  const email = `${role}-${randomUUID().slice(0, 8)}@${slug}.example`;
  await owner.query(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, $2, $3, 'Staff', ARRAY[$4]::"Role"[], '{}', '{}')`,
    [org, email, `${name} ${role}`, role],
  );
  return { name: `${role} of ${slug}`, role, ...(await signedIn(email)) };
}

/** A tenant's case being read, a signed one, an edge router and an account. */
async function furnish(
  facility: string,
  org: string,
  group: string,
  { studyInstanceUid, name = "Own^Patient" }: { studyInstanceUid?: string; name?: string },
): Promise<Things> {
  const staffName = name.startsWith(canary) ? canary : "Own";
  const reader = await hire("furnish", group, "radiologist", staffName);
  const referrer = await hire("furnish", org, "referring_physician", staffName);
  const wish = { facility, patientName: name, referrerId: referrer.actor.userId, patientId: "SAME-1" };
  const open = await makeUnreadCase(owner, { ...wish, ...(studyInstanceUid ? { studyInstanceUid } : {}) });
  const signed = await makeUnreadCase(owner, wish);
  const text = [{ key: "impression", title: "Impression", text: `${staffName} words` }];
  for (const { caseId } of [open, signed]) {
    const { claimToken } = await withTenant(reader.actor, (ctx) => claimCase(ctx, { caseId }));
    assert.equal(claimToken, "1");
    await withTenant(reader.actor, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections: text }));
  }
  const { reportVersionId } = await withTenant(reader.actor, (ctx) =>
    signReport(ctx, { caseId: signed.caseId, claimToken: "1", version: 1 }),
  );
  const instanceId = await one<string>("SELECT id AS value FROM instance WHERE study_ref = $1 LIMIT 1", [
    signed.studyId,
  ]);
  await withTenant(systemActor(org, "test"), (ctx) =>
    recordDocuments(ctx, {
      reportVersionId,
      documents: [{ kind: "pdf", instanceId, sha256: "0".repeat(64), objectKey: "documents/none" }],
    }),
  );
  const overReadId = await one<string>(
    `INSERT INTO over_read (org_id, reader_org_id, case_id, preliminary_version_id, final_version_id, score, significant, comment, by_id)
     SELECT org_id, reader_org_id, case_id, id, id, 3, true, $2, signed_by_id FROM report_version WHERE id = $1 RETURNING id AS value`,
    [reportVersionId, `${staffName} differs`],
  );
  const listId = await one<string>(
    `INSERT INTO saved_list (org_id, owner_id, name, audience, view) SELECT $1, id, $2, 'everybody', '{"base":"all","filter":{},"sort":[],"columns":[]}'
     FROM user_account WHERE org_id = $1 LIMIT 1 RETURNING id AS value`,
    [org, `${staffName} list`],
  );
  const quarantinedId = await one<string>(
    `INSERT INTO instance (org_id, reader_org_id, study_ref, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid, data_set_sha256,
       object_key, size_bytes, data_set_offset, metadata, status, quarantine_reason)
     SELECT org_id, reader_org_id, study_ref, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid, reverse(data_set_sha256),
       object_key, size_bytes, data_set_offset, metadata, 'quarantined', 'same-uid-other-bytes'
     FROM instance WHERE id = $1 RETURNING id AS value`,
    [instanceId],
  );
  const facilityId = await one<string>("SELECT id AS value FROM facility WHERE slug = $1", [facility]);
  const orderId = await one<string>(
    `INSERT INTO imaging_order (org_id, facility_id, patient_id, patient_name, procedure_description, created_by_id)
     VALUES ($1, $2, 'SAME-1', $3, 'CT', $4) RETURNING id AS value`,
    [org, facilityId, name, referrer.actor.userId],
  );
  await owner.query(
    "INSERT INTO order_match (order_id, study_ref, org_id, reader_org_id, by_id) VALUES ($1, $2, $3, $4, $5)",
    [orderId, open.studyId, org, group, referrer.actor.userId],
  );
  const edgeId = await one<string>(
    "INSERT INTO edge_router (org_id, facility_id, name, public_key, software_version) VALUES ($1, $2, $3, 'x', '1') RETURNING id AS value",
    [org, facilityId, `${staffName} edge`],
  );
  const ofReader = await furnishReader(group, reader.actor.userId, staffName);
  return {
    ...ofReader,
    orgSlug: open.orgSlug,
    facilitySlug: facility,
    facilityId,
    contractId: await one<string>("SELECT id AS value FROM contract WHERE org_id = $1 LIMIT 1", [org]),
    edgeId,
    userId: reader.actor.userId,
    studyInstanceUid: open.studyInstanceUid,
    seriesInstanceUid: open.seriesInstanceUid,
    sopInstanceUid: open.sopInstanceUids[0]!,
    studyId: open.studyId,
    caseId: open.caseId,
    signedCaseId: signed.caseId,
    signedStudyId: signed.studyId,
    orderId,
    reportVersionId,
    overReadId,
    quarantinedId,
    listId,
  };
}

/** What a group keeps of one of its readers. */
async function furnishReader(group: string, userId: string, mark: string) {
  const colleague = await hire("furnish", group, "radiologist", mark);
  const made = (sql: string, ...values: unknown[]) => one<string>(`${sql} RETURNING id AS value`, [group, ...values]);
  const licence = "INSERT INTO reader_licence (org_id, user_id, jurisdiction, number) VALUES ($1, $2, 'US-IL', $3)";
  const shift =
    "INSERT INTO reader_shift (org_id, user_id, weekdays, starts, ends, time_zone) VALUES ($1, $2, '{1}', '22:00', '06:00', 'UTC')";
  const change =
    "INSERT INTO shift_change (org_id, user_id, kind, starts_at, ends_at, swap_id, by_id) VALUES ($1, $2, 'extra', '2099-01-01', '2099-01-02', $3, $2)";
  const swap =
    "INSERT INTO shift_swap (org_id, from_user_id, to_user_id, starts_at, ends_at) VALUES ($1, $2, $3, '2099-01-01', '2099-01-02')";
  const readers = "INSERT INTO reader_group (org_id, name, reader_ids) VALUES ($1, $3, ARRAY[$2]::uuid[])";
  const protocol = `INSERT INTO hanging_protocol (org_id, owner_id, is_shared, document) VALUES ($1, $2, true, jsonb_build_object('name', $3::text,
    'modalities', '["CT"]'::jsonb, 'regions', '[]'::jsonb, 'stages', '[{"name":"One","rows":1,"columns":1,"places":[{"study":0,"wants":[]}],"fewest":1}]'::jsonb))`;
  const swapId = await made(swap, userId, colleague.actor.userId);
  return {
    licenceId: await made(licence, userId, `${mark} 1`),
    shiftId: await made(shift, userId),
    changeId: await made(change, userId, swapId),
    swapId,
    groupId: await made(readers, userId, `${mark} ${userId}`),
    protocolId: await made(protocol, userId, mark),
  };
}

export async function one<T>(sql: string, values: unknown[]): Promise<T> {
  const { rows } = await owner.query<{ value: T }>(sql, values);
  return rows[0]!.value;
}

export type Outcome = { code: string } | { answer: string };
export async function call(caller: Caller, procedure: string, input: unknown): Promise<Outcome> {
  const api = createCaller(caller.actor, async () => {});
  type Place = ((input: unknown) => Promise<unknown>) & Record<string, unknown>;
  // `room.verb`, or a room inside a room.
  const verb = procedure.split(".").reduce((place, name) => place[name] as Place, api as unknown as Place);
  try {
    const answer = await verb(input);
    return { answer: JSON.stringify(answer) ?? "" };
  } catch (error) {
    assert.ok(error instanceof TRPCError, String(error));
    return { code: toDomainError(error).code };
  }
}
export const isRefusal = (outcome: Outcome): boolean =>
  "code" in outcome &&
  // A link that nobody was sent is refused in words of its own.
  (["auth.forbidden", "user.invitation-invalid"].includes(outcome.code) || outcome.code.endsWith(".not-found"));

export const addressOf = (pattern: string, things: Things): string =>
  pattern
    .replace("{study}", things.studyInstanceUid)
    .replace("{series}", things.seriesInstanceUid)
    .replace("{instance}", things.sopInstanceUid)
    .replace("{frames}", "1")
    .replace("{path*}", "7FE00010");
