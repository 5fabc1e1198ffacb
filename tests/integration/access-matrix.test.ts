import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { TRPCError } from "@trpc/server";
import type pg from "pg";
import { createApiToken } from "#server/auth/api-token.ts";
import { systemActor } from "#server/auth/system-actor.ts";
import { pool } from "#server/db/clients.ts";
import type { Role } from "#server/db/generated/enums.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { dicomwebHandler, dicomwebRoutes } from "#server/dicomweb/router.ts";
import { setPolicyEnforcementForTest } from "#server/domain/authorize.ts";
import type { UserActor } from "#server/domain/context.ts";
import { openQuarantined } from "#server/domain/imaging/index.ts";
import { claimCase, listCases } from "#server/domain/reading/index.ts";
import { openReportPdf, recordDocuments, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { toDomainError } from "#server/errors.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { appRouter } from "#server/trpc/root.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/**
 * Every procedure and every DICOMweb route, called by every role of two hospitals and two reading groups with the
 * ids of a third hospital that is none of their business: once as built, once with all policies switched off, so that
 * the database's wall is seen to stand alone. A procedure or route without a line in the tables below fails.
 */
const roles: Role[] = [
  "radiologist",
  "worklist_manager",
  "technologist",
  "site_admin",
  "referring_physician",
  "platform_operator",
];
const canary = "CANARY";

/** One tenant's things, by the ids a caller would need. */
type Things = {
  orgSlug: string;
  facilitySlug: string;
  facilityId: string;
  edgeId: string;
  userId: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  studyId: string;
  /** Claimed by its group's radiologist, with a draft. */
  caseId: string;
  signedCaseId: string;
  signedStudyId: string;
  reportVersionId: string;
  /** A version that was set aside. */
  quarantinedId: string;
};

type Line = {
  /** The call that reaches for these things; null: the procedure takes no id of anything. */
  reach: ((things: Things) => unknown) | null;
  /** Who may call it in their own tenant, on the side where their office is. */
  may: Role[];
};
const staff: Role[] = ["radiologist", "worklist_manager", "technologist", "site_admin"];
const password = "irrelevant here";
const sections = [{ key: "impression", title: "Impression", text: "Mine now." }];

const procedures: Record<string, Line> = {
  "worklist.list": { reach: ({ facilityId }) => ({ filter: { facilityId } }), may: staff },
  "worklist.get": { reach: ({ caseId }) => ({ caseId }), may: staff },
  "worklist.next": { reach: null, may: ["radiologist"] },
  "worklist.claim": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "worklist.renew": { reach: ({ caseId }) => ({ caseId, claimToken: "1" }), may: ["radiologist"] },
  "worklist.release": { reach: ({ caseId }) => ({ caseId, claimToken: "1" }), may: ["radiologist"] },
  "worklist.hold": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, reason: "Mine now." }),
    may: ["radiologist", "worklist_manager"],
  },
  "worklist.resume": { reach: ({ signedCaseId }) => ({ caseId: signedCaseId }), may: staff },
  "worklist.cancel": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, reason: "Mine now." }),
    may: ["worklist_manager", "site_admin"],
  },
  "worklist.reinstate": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId }),
    may: ["worklist_manager", "site_admin"],
  },
  "study.open": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist", "technologist"] },
  "report.get": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId }),
    may: ["radiologist", "worklist_manager", "technologist", "referring_physician"],
  },
  "report.templates": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "report.saveDraft": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1, sections }),
    may: ["radiologist"],
  },
  "report.sign": { reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1, password }), may: ["radiologist"] },
  "report.signPreliminary": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1, password }),
    may: ["radiologist"],
  },
  "report.addendum": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, text: "Mine now.", password }),
    may: ["radiologist"],
  },
  "referral.list": { reach: null, may: ["referring_physician"] },
  "referral.get": { reach: ({ signedStudyId }) => ({ studyId: signedStudyId }), may: ["referring_physician"] },
  "quarantine.list": { reach: null, may: ["site_admin"] },
  "quarantine.resolve": {
    reach: ({ quarantinedId }) => ({ instanceId: quarantinedId, decision: "discard", reason: "Mine now." }),
    may: ["site_admin"],
  },
  "audit.search": { reach: ({ userId }) => ({ userId }), may: ["site_admin", "platform_operator"] },
  "edge.list": { reach: null, may: ["site_admin"] },
  "edge.issueCode": { reach: ({ facilitySlug }) => ({ facilitySlug }), may: ["site_admin"] },
  "edge.revoke": { reach: ({ edgeId }) => ({ edgeId }), may: ["site_admin"] },
  "facility.list": { reach: null, may: staff },
  "facility.update": { reach: ({ facilitySlug }) => ({ facilitySlug, quietSeconds: 77 }), may: ["site_admin"] },
  "user.list": { reach: null, may: ["site_admin"] },
  "user.create": {
    reach: ({ facilitySlug }) => ({
      email: `${randomUUID()}@made.example`,
      displayName: "Made",
      roles: ["technologist"],
      facilitySlugs: [facilitySlug],
    }),
    may: ["site_admin"],
  },
  "user.deactivate": { reach: ({ userId }) => ({ userId }), may: ["site_admin"] },
  "session.me": { reach: null, may: roles },
  "session.signOutEverywhere": { reach: null, may: roles },
  // The caller's own password and nothing else: whose it is comes from the session.
  "session.changePassword": { reach: null, may: [] },
};
/** Lists narrowed by a foreign id answer with nothing; everything else that names one is refused. */
const answersEmpty = new Set(["worklist.list", "audit.search"]);

/** Who opens images, and who adds some: one answer for the worklist's button, the procedure behind it and every DICOMweb route. */
const openImages: Role[] = ["radiologist", "technologist", "referring_physician"];
const addImages: Role[] = ["technologist"];

/** By name of the route: is a whole-organisation search (answers its own), or reaches for a study. */
const routes: Record<string, "search" | "study" | "store"> = {
  store: "store",
  "store-study": "store",
  "search-studies": "search",
  "search-series": "search",
  "search-instances": "search",
  "search-study-series": "study",
  "search-study-instances": "study",
  "search-series-instances": "study",
  "retrieve-study": "study",
  "retrieve-series": "study",
  "retrieve-instance": "study",
  "metadata-study": "study",
  "metadata-series": "study",
  "metadata-instance": "study",
  frames: "study",
  bulkdata: "study",
  "rendered-instance": "study",
  "rendered-frame": "study",
  "thumbnail-study": "study",
  "thumbnail-series": "study",
  "thumbnail-instance": "study",
  "thumbnail-frame": "study",
};

type Caller = { name: string; role: Role; actor: UserActor; cookie: string };

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let dataDir: string;
let server: Server;
let origin: string;
let strangers: Caller[];
let tokens: string[];
let lakeside: Things;
let harbor: Things;
let faraway: Things;

before(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), "overread-matrix-"));
  Object.assign(process.env, { NODE_ENV: "test", OVERREAD_DATA_DIR: dataDir });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  await foundTenant("faraway", "daybreak");
  const [nightshift, lakesideId, harborId, farawayId, daybreak] = await Promise.all(
    ["nightshift", "lakeside", "harbor", "faraway", "daybreak"].map(orgId),
  );
  await db.owner.query(
    "INSERT INTO organization (slug, name, kind, letterhead) VALUES ('idle', 'Idle Readers', 'reading_group', '{}')",
  );
  strangers = [];
  for (const [slug, id] of [
    ["lakeside", lakesideId!],
    ["harbor", harborId!],
    ["nightshift", nightshift!],
    ["idle", await orgId("idle")],
    ["overread", await orgId("overread")],
  ] as const)
    for (const role of roles) strangers.push(await hire(slug, id, role));
  tokens = await Promise.all(
    ["lakeside", "harbor", "nightshift"].map(
      async (slug) => (await createApiToken(slug, ["dicomweb:read", "dicomweb:write"], "matrix")).token,
    ),
  );
  // One patient number and one Study Instance UID in two hospitals: each has its own.
  const sameUid = "2.25.4242";
  lakeside = await furnish("lakeside-main", lakesideId!, nightshift!, { studyInstanceUid: sameUid });
  harbor = await furnish("harbor-general", harborId!, nightshift!, {});
  faraway = await furnish("faraway-main", farawayId!, daybreak!, {
    studyInstanceUid: sameUid,
    name: `${canary}^Faraway`,
  });

  server = createServer((req, res) => void dicomwebHandler(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  await new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await db.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A hospital with a group of its own that reads for it, which nobody else has a contract with. */
async function foundTenant(hospital: string, group: string): Promise<void> {
  await db.owner.query(
    `WITH h AS (INSERT INTO organization (slug, name, kind, letterhead) VALUES ($1, $3, 'hospital', '{}') RETURNING id),
       g AS (INSERT INTO organization (slug, name, kind, letterhead) VALUES ($2, $3, 'reading_group', '{}') RETURNING id),
       f AS (INSERT INTO facility (org_id, slug, name, allowed_calling_ae_titles, called_ae_titles, prior_ae_titles, local_pacs_ae_title, local_pacs_host, local_pacs_port)
         SELECT id, $1 || '-main', $3, '{*}', '{OVERREAD}', '{}', 'PACS', '127.0.0.1', 104 FROM h)
     INSERT INTO contract (org_id, reader_org_id) SELECT h.id, g.id FROM h, g`,
    [hospital, group, `${canary} Hospital`],
  );
}

async function hire(slug: string, org: string, role: Role, name = "Staff"): Promise<Caller> {
  const email = `${role}-${randomUUID().slice(0, 8)}@${slug}.example`;
  await db.owner.query(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, $2, $3, 'Staff', ARRAY[$4]::"Role"[], '{}', '{}')`,
    [org, email, `${name} ${role}`, role],
  );
  return { name: `${role} of ${slug}`, role, ...(await signedIn(email)) };
}

/** A tenant's case being read, a signed one, an edge router and somebody who works there. */
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
  const open = await makeUnreadCase(db.owner, { ...wish, ...(studyInstanceUid ? { studyInstanceUid } : {}) });
  const signed = await makeUnreadCase(db.owner, wish);
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
  const quarantinedId = await one<string>(
    `INSERT INTO instance (org_id, reader_org_id, study_ref, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid, data_set_sha256,
       object_key, size_bytes, data_set_offset, metadata, status, quarantine_reason)
     SELECT org_id, reader_org_id, study_ref, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid, reverse(data_set_sha256),
       object_key, size_bytes, data_set_offset, metadata, 'quarantined', 'same-uid-other-bytes'
     FROM instance WHERE id = $1 RETURNING id AS value`,
    [instanceId],
  );
  const facilityId = await one<string>("SELECT id AS value FROM facility WHERE slug = $1", [facility]);
  const edgeId = await one<string>(
    "INSERT INTO edge_router (org_id, facility_id, name, public_key, software_version) VALUES ($1, $2, $3, 'x', '1') RETURNING id AS value",
    [org, facilityId, `${staffName} edge`],
  );
  return {
    orgSlug: open.orgSlug,
    facilitySlug: facility,
    facilityId,
    edgeId,
    userId: reader.actor.userId,
    studyInstanceUid: open.studyInstanceUid,
    seriesInstanceUid: open.seriesInstanceUid,
    sopInstanceUid: open.sopInstanceUids[0]!,
    studyId: open.studyId,
    caseId: open.caseId,
    signedCaseId: signed.caseId,
    signedStudyId: signed.studyId,
    reportVersionId,
    quarantinedId,
  };
}

async function one<T>(sql: string, values: unknown[]): Promise<T> {
  const { rows } = await db.owner.query<{ value: T }>(sql, values);
  return rows[0]!.value;
}

/** Everything the foreign hospital and its group own, as one digest: changes with any row added, changed or removed. */
async function digestOfFaraway(): Promise<Record<string, string>> {
  const { rows: tables } = await db.owner.query<{ table_name: string; columns: string[] }>(
    `SELECT table_name, array_agg(column_name::text) AS columns FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name IN ('org_id', 'reader_org_id', 'actor_org_id') GROUP BY table_name`,
  );
  const ids = await db.owner.query<{ id: string }>("SELECT id FROM organization WHERE slug IN ('faraway', 'daybreak')");
  const digest: Record<string, string> = {};
  for (const { table_name, columns } of tables) {
    const where = columns.map((column) => `t.${column} = ANY($1)`).join(" OR ");
    const { rows } = await db.owner.query(
      `SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') AS digest FROM ${table_name} t WHERE ${where}`,
      [ids.rows.map(({ id }) => id)],
    );
    digest[table_name] = rows[0].digest;
  }
  return digest;
}

/** Nothing of the foreign tenant's may stand in an answer: no name, no text, no id, no UID that is its alone. */
function assertNoTrace(answer: string, what: string): void {
  const { studyInstanceUid: _shared, ...ids } = faraway;
  for (const secret of [canary, ...Object.values(ids)]) assert.ok(!answer.includes(secret), `${what} shows ${secret}`);
}

type Outcome = { code: string } | { answer: string };
async function call(caller: Caller, procedure: string, input: unknown): Promise<Outcome> {
  const api = createCaller(caller.actor, async () => {});
  const [room, verb] = procedure.split(".") as [string, string];
  try {
    const answer = await (api as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>)[
      room
    ]![verb]!(input);
    return { answer: JSON.stringify(answer) ?? "" };
  } catch (error) {
    assert.ok(error instanceof TRPCError, String(error));
    return { code: toDomainError(error).code };
  }
}
const isRefusal = (outcome: Outcome): boolean =>
  "code" in outcome && (outcome.code === "auth.forbidden" || outcome.code.endsWith(".not-found"));

async function walkProcedures(what: string): Promise<void> {
  for (const caller of strangers)
    for (const [procedure, { reach }] of Object.entries(procedures)) {
      // These act on the caller alone, and would end the sessions this walk needs.
      if (procedure === "session.signOutEverywhere" || procedure === "session.changePassword") continue;
      const outcome = await call(caller, procedure, reach?.(faraway));
      const name = `${what}: ${procedure} by ${caller.name}`;
      if ("answer" in outcome) {
        assert.ok(!reach || answersEmpty.has(procedure), `${name} was answered`);
        assertNoTrace(outcome.answer, name);
      } else assert.ok(isRefusal(outcome), `${name}: ${outcome.code}`);
    }
}

const addressOf = (pattern: string, things: Things): string =>
  pattern
    .replace("{study}", things.studyInstanceUid)
    .replace("{series}", things.seriesInstanceUid)
    .replace("{instance}", things.sopInstanceUid)
    .replace("{frames}", "1")
    .replace("{path*}", "7FE00010");

async function walkRoutes(what: string, people: Caller[]): Promise<void> {
  const callers = [
    ...people.map(({ name, cookie, actor }) => ({ name, headers: { cookie }, slug: actor.orgSlug })),
    ...tokens.map((token) => ({ name: "a token", headers: { authorization: `Bearer ${token}` }, slug: "lakeside" })),
  ];
  for (const { name, headers, slug } of callers)
    for (const route of dicomwebRoutes) {
      const kind = routes[route.name];
      const address = addressOf(route.pattern, faraway);
      // Under its own root, and the foreign UIDs under the caller's root or one they read for.
      for (const root of new Set([faraway.orgSlug, slug, "lakeside"])) {
        if (kind === "store" && root !== faraway.orgSlug) continue;
        const response = await fetch(`${origin}/dicomweb/${root}${address}`, {
          method: route.method,
          headers: {
            ...headers,
            ...(kind === "store" ? { "content-type": 'multipart/related; type="application/dicom"; boundary=b' } : {}),
          },
          ...(kind === "store" ? { body: "--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--b--\r\n" } : {}),
        });
        const text = await response.text();
        const line = `${what}: ${route.method} ${root}${route.pattern} by ${name}: ${response.status}`;
        assertNoTrace(text, line);
        if (root === faraway.orgSlug) assert.ok([401, 403, 404].includes(response.status), line);
        // The UID that two hospitals share is answered from the caller's own study; what is below it is foreign.
        else if (kind === "study" && route.pattern.includes("{series}"))
          assert.ok([200, 204, 401, 403, 404].includes(response.status), line);
      }
    }
}

test("every procedure and every route has its line in the matrix, and no line is left over", () => {
  assert.deepEqual(Object.keys(appRouter._def.procedures).sort(), Object.keys(procedures).sort());
  assert.deepEqual(dicomwebRoutes.map(({ name }) => name).sort(), Object.keys(routes).sort());
});

test("with another hospital's ids nobody reads or writes anything, through any procedure", async () => {
  const before = await digestOfFaraway();
  await walkProcedures("policies on");
  assert.deepEqual(await digestOfFaraway(), before);
});

test("with another hospital's ids nobody reads or writes anything, through any DICOMweb route", async () => {
  const before = await digestOfFaraway();
  await walkRoutes("policies on", strangers);
  assert.deepEqual(await digestOfFaraway(), before);
});

test("another hospital's report documents are not there for anybody", async () => {
  for (const { actor, name } of strangers)
    await assert.rejects(
      withTenant(actor, (ctx) => openReportPdf(ctx, { reportVersionId: faraway.reportVersionId })),
      (error) => toDomainError(error).code === "report.not-found",
      name,
    );
});

test("another hospital's images that were set aside are not there for anybody", async () => {
  for (const { actor, name } of strangers)
    await assert.rejects(
      withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId: faraway.quarantinedId })),
      (error) => toDomainError(error).code === "instance.not-found",
      name,
    );
});

test("with every policy switched off the database alone keeps the tenants apart", async () => {
  const before = await digestOfFaraway();
  setPolicyEnforcementForTest(false);
  try {
    await walkProcedures("policies off");
    // Without policies a role decides nothing: one caller of each organisation stands for all of its people.
    await walkRoutes(
      "policies off",
      strangers.filter(({ role }) => role === "technologist"),
    );
    for (const { actor, name } of strangers)
      await assert.rejects(
        withTenant(actor, (ctx) => openReportPdf(ctx, { reportVersionId: faraway.reportVersionId })),
        (error) => toDomainError(error).code === "report.not-found",
        name,
      );
    for (const { actor, name } of strangers)
      await assert.rejects(
        withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId: faraway.quarantinedId })),
        (error) => toDomainError(error).code === "instance.not-found",
        name,
      );
  } finally {
    setPolicyEnforcementForTest(true);
  }
  assert.deepEqual(await digestOfFaraway(), before);
});

test("in one's own tenant an office may do what is its own and is refused the rest", async () => {
  const [lakesideId, nightshift] = await Promise.all(["lakeside", "nightshift"].map(orgId));
  for (const role of roles) {
    const reads = role === "radiologist" || role === "worklist_manager";
    const org = role === "platform_operator" ? await orgId("overread") : reads ? nightshift! : lakesideId!;
    const caller = await hire("own", org, role);
    // A referring physician's own are the studies that name this very person.
    if (role === "referring_physician")
      await db.owner.query("UPDATE study SET referrer_id = $1 WHERE id = ANY($2)", [
        caller.actor.userId,
        [lakeside.studyId, lakeside.signedStudyId],
      ]);
    for (const [procedure, { reach, may }] of Object.entries(procedures)) {
      if (procedure === "session.changePassword") continue;
      const own =
        procedure === "user.deactivate"
          ? { ...lakeside, userId: (await hire("own", lakesideId!, "technologist")).actor.userId }
          : lakeside;
      const outcome = await call(caller, procedure, reach?.(own));
      const code = "code" in outcome ? outcome.code : "answered";
      assert.equal(!isRefusal(outcome), may.includes(role), `${procedure} by ${role}: ${code}`);
    }
  }
});

test("in one's own tenant the same offices open images through DICOMweb as through the worklist", async () => {
  const [lakesideId, nightshift] = await Promise.all(["lakeside", "nightshift"].map(orgId));
  for (const role of roles) {
    const caller = await hire(
      "images",
      role === "radiologist" || role === "worklist_manager" ? nightshift! : lakesideId!,
      role,
    );
    if (role === "referring_physician")
      await db.owner.query("UPDATE study SET referrer_id = $1 WHERE id = $2", [caller.actor.userId, lakeside.studyId]);
    for (const route of dicomwebRoutes) {
      const stores = routes[route.name] === "store";
      const response = await fetch(`${origin}/dicomweb/lakeside${addressOf(route.pattern, lakeside)}`, {
        method: route.method,
        headers: { cookie: caller.cookie },
      });
      await response.arrayBuffer();
      const refused = response.status === 403 || (stores && response.status === 404);
      const may = (stores ? addImages : openImages).includes(role);
      assert.equal(!refused, may, `${route.name} by ${role}: ${response.status}`);
    }
    if (!staff.includes(role)) continue;
    const { items } = await withTenant(caller.actor, (ctx) => listCases(ctx, { limit: 200 }));
    const offered = items.find(({ caseId }) => caseId === lakeside.caseId)?.can.read;
    assert.equal(offered, openImages.includes(role), `the list's button for ${role}`);
    const opened = await call(caller, "study.open", { caseId: lakeside.caseId });
    assert.equal("answer" in opened, openImages.includes(role), `study.open by ${role}`);
  }
});

test("a refused attempt is on record with whoever tried, and nothing of what it reached for", async () => {
  const { rows } = await db.owner.query<{ details: { procedure?: string } }>(
    "SELECT details FROM audit_event WHERE action = 'access.refused' AND outcome = 'refused'",
  );
  const refused = new Set(rows.map(({ details }) => details.procedure));
  for (const procedure of ["worklist.claim", "report.sign", "referral.get", "edge.revoke"])
    assert.ok(refused.has(procedure), procedure);
  assertNoTrace(JSON.stringify(rows), "the trail of the refused");
});

test("every read of patient data leaves its entry: one per call", async () => {
  const reads: [string, Role, string, string][] = [
    ["worklist.list", "radiologist", "nightshift", "case.list"],
    ["worklist.get", "worklist_manager", "nightshift", "case.read"],
    ["study.open", "radiologist", "nightshift", "case.read"],
    ["report.get", "radiologist", "nightshift", "report.read"],
    ["report.templates", "radiologist", "nightshift", "report.read"],
    ["referral.list", "referring_physician", "lakeside", "referral.list"],
    ["quarantine.list", "site_admin", "lakeside", "instance.list-quarantined"],
    ["audit.search", "site_admin", "lakeside", "audit.search"],
  ];
  for (const [procedure, role, slug, action] of reads) {
    const caller = strangers.find(({ actor, role: r }) => r === role && actor.orgSlug === slug)!;
    const count = () =>
      one<number>("SELECT count(*)::int AS value FROM audit_event WHERE actor_id = $1 AND action = $2", [
        caller.actor.userId,
        action,
      ]);
    const before = await count();
    const outcome = await call(caller, procedure, procedures[procedure]!.reach?.(lakeside) ?? undefined);
    assert.ok("answer" in outcome, `${procedure}: ${JSON.stringify(outcome)}`);
    assert.equal((await count()) - before, 1, procedure);
  }
});

test("200 interleaved requests of three tenants on one pool: nobody sees a row of another's", async () => {
  const actors = ["lakeside", "harbor", "nightshift"].map(
    (slug) =>
      strangers.find(
        ({ actor, role }) =>
          actor.orgSlug === slug && role === (slug === "nightshift" ? "radiologist" : "technologist"),
      )!,
  );
  const seen = await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      const { actor } = actors[n % 3]!;
      if (n % 10 === 9) {
        // A request that fails in the middle must not leave its tenant behind on the connection.
        await assert.rejects(withTenant(actor, ({ tx }) => tx.$queryRaw`SELECT 1 / 0`));
        const app: pg.Pool = pool("overread_app");
        const { rows } = await app.query("SELECT count(*)::int AS n FROM study");
        return { slug: "nobody", slugs: rows[0].n === 0 ? [] : ["leak"] };
      }
      const { items } = await withTenant(actor, (ctx) => listCases(ctx, { limit: 200 }));
      return { slug: actor.orgSlug, slugs: [...new Set(items.map(({ orgSlug }) => orgSlug))].sort() };
    }),
  );
  const expected: Record<string, string[]> = {
    lakeside: ["lakeside"],
    harbor: ["harbor"],
    nightshift: ["harbor", "lakeside"],
    nobody: [],
  };
  for (const { slug, slugs } of seen) assert.deepEqual(slugs, expected[slug], slug);
  assert.ok(harbor.caseId);
});

test("policies cannot be switched off outside a test", async () => {
  const { execFile } = await import("node:child_process");
  const script = `import { setPolicyEnforcementForTest } from "#server/domain/authorize.ts"; setPolicyEnforcementForTest(false);`;
  const failed = await new Promise<string>((resolve) =>
    execFile(
      process.execPath,
      ["--input-type=module", "-e", script],
      { env: { ...process.env, NODE_ENV: "production", OVERREAD_SECRET: "a-secret-of-sixteen" } },
      (error, _stdout, stderr) => resolve(error ? stderr : ""),
    ),
  );
  assert.match(failed, /policies are enforced outside tests/);
});
