import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CaseFilter, type CaseSort, CaseView, type When } from "@overread/shared/case-view";
import { DomainError } from "@overread/shared/errors";
import fc from "fast-check";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { listNotices } from "#server/domain/notices/index.ts";
import { casesOnView, claimCase, listCases, listMoreCases } from "#server/domain/reading/index.ts";
import { saveDraft } from "#server/domain/reporting/index.ts";
import {
  countLists,
  listLists,
  matchWatches,
  removeList,
  restoreList,
  SaveList,
  saveList,
  watchList,
} from "#server/domain/worklists/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** Lists of cases that people keep: what is on them, who sees them, and who is told of what comes onto them. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let colleague: UserActor;
let lead: UserActor;
let admin: UserActor;
const minute = 60_000;
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

before(async () => {
  Object.assign(process.env, { NODE_ENV: "test" });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  [reader, colleague, lead, admin] = (await Promise.all(
    [
      "radiologist@nightshift.example",
      "radiologist2@nightshift.example",
      "lead@nightshift.example",
      "admin@lakeside.example",
    ].map(async (email) => (await signedIn(email)).actor),
  )) as [UserActor, UserActor, UserActor, UserActor];
  for (let n = 0; n < 14; n++)
    await makeUnreadCase(db.owner, {
      facility: n % 3 === 0 ? "harbor-general" : "lakeside-main",
      modality: ["CT", "MR", "US"][n % 3] as string,
      studyDate: "20261120",
      instances: 1 + (n % 4),
    });
  // Times, states and what was announced, each in several ways.
  await db.owner.query(`
    WITH n AS (SELECT id, study_ref, row_number() OVER (ORDER BY id)::int AS n FROM reading_case),
    s AS (UPDATE study SET expected_instances = CASE n.n % 3 WHEN 0 THEN 9 WHEN 1 THEN 1 END, refused_instances = (n.n % 5 = 0)::int,
      study_date = to_char((now() AT TIME ZONE 'UTC')::date - n.n % 4, 'YYYYMMDD') FROM n WHERE study.id = n.study_ref)
    UPDATE reading_case c SET due_at = now() + make_interval(mins => (n.n - 6) * 37), created_at = now() - make_interval(mins => n.n * 97),
      priority = (ARRAY['stat', 'urgent', 'routine'])[1 + n.n % 3]::"CasePriority", late_images = (n.n % 7 = 0)::int,
      question_state = (CASE n.n % 4 WHEN 0 THEN 'question' WHEN 1 THEN 'answer' END)::"CaseMessageKind"
    FROM n WHERE n.id = c.id`);
  for (const actor of [reader, colleague]) {
    const { items } = await withTenant(actor, (ctx) => listCases(ctx, { filter: { list: "next" } }));
    const free = items.find(({ can }) => can.claim);
    if (free) await withTenant(actor, (ctx) => claimCase(ctx, { caseId: free.caseId }));
  }
  // One offered to each, one assigned, and one whose offer has run out.
  await db.owner.query(
    `WITH n AS (SELECT id, row_number() OVER (ORDER BY id)::int AS n FROM reading_case WHERE claimed_by_id IS NULL)
    UPDATE reading_case c SET given_to_id = CASE WHEN n.n = 1 THEN $1::uuid ELSE $2::uuid END, given_as = CASE WHEN n.n = 3 THEN 'assignment' ELSE 'offer' END,
      given_at = now() - interval '1 hour', given_until = CASE n.n WHEN 3 THEN NULL WHEN 4 THEN now() - interval '1 minute' ELSE now() + interval '1 hour' END,
      given_by_id = $2::uuid
    FROM n WHERE n.id = c.id AND n.n <= 4`,
    [reader.userId, colleague.userId],
  );
});
after(() => db.drop());

const view = (over: Partial<CaseView> = {}): CaseView => ({ base: "all", filter: {}, sort: [], columns: [], ...over });
const keep = (actor: UserActor, over: Partial<SaveList> = {}) =>
  withTenant(actor, (ctx) =>
    saveList(ctx, { name: "Heads", audience: { of: "own" }, pinned: true, view: view(), ...over }),
  );
const namesOf = async (actor: UserActor) =>
  (await withTenant(actor, (ctx) => listLists(ctx))).lists.map(({ name }) => name);

test("a filter keeps the cases that a plain look at each of them keeps", async () => {
  const span = fc.record({
    count: fc.integer({ min: 1, max: 90 }),
    unit: fc.constantFrom("minutes" as const, "hours" as const, "days" as const),
  });
  const when: fc.Arbitrary<When> = fc.oneof(
    span.map((each) => ({ is: "within-last" as const, ...each })),
    span.map((each) => ({ is: "within-next" as const, ...each })),
    span.map((each) => ({ is: "longer-ago" as const, ...each })),
    fc.integer({ min: -3, max: 1 }).map((day) => ({ is: "on" as const, day, zone: "Asia/Tokyo" as const })),
  );
  const filters = fc.record(
    {
      priority: fc.uniqueArray(fc.constantFrom("stat", "urgent", "routine"), { minLength: 1 }),
      state: fc.uniqueArray(fc.constantFrom("unread", "claimed", "held"), { minLength: 1 }),
      modality: fc.uniqueArray(fc.constantFrom("CT", "MR", "US", "XA"), { minLength: 1 }),
      due: when,
      arrived: when,
      images: fc.constantFrom("whole", "partly", "missing", "late"),
      priors: fc.constantFrom("some", "none"),
      question: fc.constantFrom("asked", "answered", "none"),
      reader: fc.constantFrom("me", "others", "nobody"),
      order: fc.constantFrom("matched", "none"),
      given: fc.constantFrom("me", "others", "nobody"),
    },
    { requiredKeys: [] },
  );
  const { items: all } = await withTenant(reader, (ctx) => listCases(ctx, { filter: { list: "all" }, limit: 200 }));
  const { rows: announced } = await db.owner.query(
    "SELECT c.id, s.expected_instances AS n FROM reading_case c JOIN study s ON s.id = c.study_ref",
  );
  const expectedOf = new Map<string, number>(announced.map(({ id, n }) => [id, n ?? 0]));
  const day = (at: number) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(at);
  const is = (at: string, { ...when }: When, now: number) => {
    const time = Date.parse(at);
    if (when.is === "on")
      return day(time) === new Date(Date.parse(day(now)) + when.day * 1440 * minute).toISOString().slice(0, 10);
    const ms = when.count * { minutes: minute, hours: 60 * minute, days: 1440 * minute }[when.unit];
    if (when.is === "within-last") return time <= now && time > now - ms;
    if (when.is === "within-next") return time > now && time <= now + ms;
    return time <= now - ms;
  };
  const plain = (item: (typeof all)[number], f: CaseFilter, now: number): boolean =>
    [
      !f.priority || f.priority.includes(item.priority),
      !f.state || f.state.includes(item.status as never),
      !f.modality || item.modalities.some((each) => f.modality?.includes(each)),
      !f.due || is(item.dueAt, f.due, now),
      !f.arrived || is(item.arrivedAt, f.arrived, now),
      !f.images ||
        {
          whole:
            !item.arriving && item.images.received >= (expectedOf.get(item.caseId) ?? 0) && item.images.refused === 0,
          partly: item.arriving || item.images.received < (expectedOf.get(item.caseId) ?? 0),
          missing: item.images.refused > 0,
          late: item.lateImages !== null || item.caseId === "",
        }[f.images],
      !f.priors || (f.priors === "some") === item.priorCount > 0,
      !f.question || f.question === (item.question ?? "none"),
      !f.reader || f.reader === (item.mine ? "me" : item.claimedBy ? "others" : "nobody"),
      !f.order || (f.order === "matched") === item.orderCount > 0,
      !f.given || f.given === (!item.given ? "nobody" : item.given.id === reader.userId ? "me" : "others"),
    ].every(Boolean);
  await db.owner.query("UPDATE reading_case SET late_since = now() WHERE late_images > 0");
  const { items: again } = await withTenant(reader, (ctx) => listCases(ctx, { filter: { list: "all" }, limit: 200 }));
  // In one transaction: the condition is the list's own, and nothing changes meanwhile.
  await withTenant(
    reader,
    async ({ tx }) =>
      fc.assert(
        fc.asyncProperty(filters, async (filter) => {
          const where = CaseFilter.parse(filter);
          const rows = await tx.$queryRaw<{ id: string }[]>`${casesOnView(reader, { base: "all", filter: where })}`;
          assert.deepEqual(
            rows.map(({ id }) => id).toSorted(),
            again
              .filter((item) => plain(item, where, Date.now()))
              .map(({ caseId }) => caseId)
              .toSorted(),
            JSON.stringify(where),
          );
        }),
        { numRuns: 80 },
      ),
    { timeoutMs: 120_000 },
  );
});

test("my drafts are mine, others' are others', and a hospital sees none of either", async () => {
  const drafts = async (actor: UserActor, draft: "mine" | "others" | "none") =>
    (
      await withTenant(actor, (ctx) => listMoreCases(ctx, { filter: { list: "all", where: { draft } }, limit: 200 }))
    ).items.map(({ caseId }) => caseId);
  const written = async (actor: UserActor): Promise<string> => {
    const { caseId } = await makeUnreadCase(db.owner);
    const { claimToken } = await withTenant(actor, (ctx) => claimCase(ctx, { caseId }));
    const sections = [{ key: "impression", title: "Impression", text: "So far nothing." }];
    await withTenant(actor, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
    return caseId;
  };
  const [his, hers] = [await written(reader), await written(colleague)];
  assert.deepEqual(await drafts(reader, "mine"), [his]);
  assert.deepEqual(await drafts(reader, "others"), [hers]);
  assert.deepEqual(await drafts(colleague, "mine"), [hers]);
  const none = await drafts(reader, "none");
  assert.ok(none.length > 0 && !none.includes(his) && !none.includes(hers));
  assert.deepEqual([await drafts(admin, "mine"), await drafts(admin, "others")], [[], []]);
  await db.owner.query("UPDATE reading_case SET state = 'cancelled', completed_at = now() WHERE id = ANY($1)", [
    [his, hers],
  ]);
});

test("a study of today is one of the day at its facility", async () => {
  const listed = async (day: number) =>
    (
      await withTenant(reader, (ctx) =>
        listMoreCases(ctx, { filter: { list: "all", where: { studied: { is: "on", day, zone: "UTC" } } }, limit: 200 }),
      )
    ).items.map(({ studyDate }) => studyDate);
  const { rows } = await db.owner.query("SELECT to_char((now() AT TIME ZONE 'UTC')::date - 1, 'YYYYMMDD') AS day");
  const yesterday = await listed(-1);
  assert.ok(yesterday.length > 0 && yesterday.every((date) => date === rows[0].day), yesterday.join());
});

test("a list sorted by several columns runs page by page without gap or repeat, and between two positions", async () => {
  const sorts: CaseSort[] = [
    [],
    [
      { by: "exam", down: false },
      { by: "due", down: true },
    ],
    [
      { by: "facility", down: true },
      { by: "priority", down: false },
      { by: "images", down: true },
    ],
    [
      { by: "reader", down: true },
      { by: "studyDate", down: true },
    ],
    [
      { by: "priors", down: false },
      { by: "state", down: true },
      { by: "arrived", down: false },
    ],
  ];
  for (const sort of sorts) {
    const page = (more: { cursor?: string | null; until?: string | null; limit: number }) =>
      withTenant(reader, (ctx) => listMoreCases(ctx, { filter: { list: "all" }, sort, ...more }));
    const whole = (await page({ limit: 200 })).items.map(({ caseId }) => caseId);
    const bounds: (string | null)[] = [null];
    const paged: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { items, nextCursor }: Awaited<ReturnType<typeof page>> = await page({ cursor: cursor ?? null, limit: 4 });
      paged.push(...items.map(({ caseId }) => caseId));
      if (nextCursor) bounds.push(nextCursor);
      cursor = nextCursor;
    }
    assert.deepEqual(paged, whole, JSON.stringify(sort));
    const second = await page({ cursor: bounds[1] ?? null, until: bounds[2] ?? null, limit: 200 });
    assert.deepEqual(
      second.items.map(({ caseId }) => caseId),
      whole.slice(4, 8),
      JSON.stringify(sort),
    );
    assert.equal(second.nextCursor, null, "a page ends at its bound");
  }
  const exam = await withTenant(reader, (ctx) =>
    listMoreCases(ctx, { filter: { list: "all" }, sort: [{ by: "exam", down: true }], limit: 200 }),
  );
  assert.deepEqual(
    exam.items.map(({ modalities }) => modalities[0]),
    exam.items
      .map(({ modalities }) => modalities[0])
      .toSorted()
      .reverse(),
  );
  const cursor = Buffer.from('["exam",["x"],"00000000-0000-4000-8000-000000000000"]').toString("base64url");
  await assert.rejects(
    withTenant(reader, (ctx) => listMoreCases(ctx, { sort: [{ by: "due", down: false }], cursor })),
    refusedWith("request.invalid"),
  );
});

test("a document that names no column, or says a name, is not a list", () => {
  assert.equal(CaseView.safeParse(view()).success, true);
  for (const bad of [
    { ...view(), text: "Rivers" },
    view({ filter: { patient: "Rivers" } as never }),
    view({ sort: [{ by: "patient" as never, down: false }] }),
    view({ columns: [{ id: "salary" as never }] }),
    view({ columns: [{ id: "due" }, { id: "due" }] }),
    view({ filter: { modality: ["RIVERS"] } as never }),
    view({ filter: { due: { is: "on", day: 0, zone: "Rivers" } } }),
  ])
    assert.equal(CaseView.safeParse(bad).success, false, JSON.stringify(bad));
});

test("an own list is the owner's, one of a lead for whom it is meant, and its count is that of its rows", async () => {
  await keep(reader, { name: "Mine alone" });
  await assert.rejects(keep(reader, { audience: { of: "everybody" } }), refusedWith("auth.forbidden"));
  const { rows: made } = await db.owner.query(
    "INSERT INTO reader_group (org_id, name, reader_ids) VALUES ($1, 'Neuro', ARRAY[$2]::uuid[]) RETURNING id",
    [lead.orgId, colleague.userId],
  );
  await keep(lead, { name: "For leads", audience: { of: "role", role: "worklist_manager" } });
  await keep(lead, { name: "For neuro", audience: { of: "group", groupId: made[0].id } });
  const filter = { priority: ["stat" as const] };
  const shared = await keep(lead, { name: "STAT of all", audience: { of: "everybody" }, view: view({ filter }) });
  assert.deepEqual(await namesOf(reader), ["Mine alone", "STAT of all"]);
  assert.deepEqual(await namesOf(colleague), ["For neuro", "STAT of all"]);
  assert.deepEqual(await namesOf(lead), ["For leads", "For neuro", "STAT of all"]);
  assert.deepEqual(await namesOf(admin), []);

  const counts = await withTenant(colleague, (ctx) => countLists(ctx));
  const { items } = await withTenant(colleague, (ctx) =>
    listCases(ctx, { filter: { list: "all", where: filter }, limit: 200 }),
  );
  assert.ok(items.length > 0);
  assert.equal(counts.find(({ listId }) => listId === shared.listId)?.count, items.length);

  // Nobody else's, and none of another organisation.
  await assert.rejects(
    withTenant(reader, (ctx) => removeList(ctx, { listId: shared.listId })),
    refusedWith("auth.forbidden"),
  );
  await assert.rejects(
    withTenant(admin, (ctx) => watchList(ctx, { listId: shared.listId, on: true })),
    refusedWith("resource.not-found"),
  );
  const change = (version: number, name: string) =>
    keep(lead, { listId: shared.listId, version, name, audience: { of: "everybody" } });
  assert.equal((await change(1, "All of it")).version, 2);
  await assert.rejects(change(1, "Older"), refusedWith("list.version-conflict"));
  await withTenant(lead, (ctx) => removeList(ctx, { listId: shared.listId }));
  assert.ok(!(await namesOf(reader)).includes("All of it"));
  await withTenant(lead, (ctx) => restoreList(ctx, { listId: shared.listId }));
  assert.ok((await namesOf(reader)).includes("All of it"));
  assert.equal(SaveList.safeParse({ name: " ", audience: { of: "own" }, pinned: true, view: view() }).success, false);
});

test("who watches a list is told of each case that comes onto it, once, and not of what stood there before", async () => {
  const match = () => withTenant(systemActor(reader.orgId, "worker"), (ctx) => matchWatches(ctx));
  const told = async (actor: UserActor) =>
    (await withTenant(actor, (ctx) => listNotices(ctx))).items
      .filter(({ kind }) => kind === "list-alert")
      .map(({ caseId }) => caseId);
  const filter = { priority: ["stat" as const] };
  const { listId } = await keep(reader, { name: "STAT", view: view({ filter }) });
  const { listId: other } = await keep(reader, { name: "CT", view: view({ filter: { modality: ["CT"] } }) });
  for (const id of [listId, other]) await withTenant(reader, (ctx) => watchList(ctx, { listId: id, on: true }));
  assert.equal(await match(), 0, "what stood there is no news");
  await db.owner.query(
    "INSERT INTO notice_mail (user_id, org_id, address, verified_at) VALUES ($1, $2, 'ingrid@home.example', now())",
    [reader.userId, reader.orgId],
  );
  const made = await makeUnreadCase(db.owner, { requestedPriority: "STAT", modality: "CT" });
  await makeUnreadCase(db.owner, { modality: "MR" });
  const both = await Promise.all([match(), match()]);
  assert.equal(both[0] + both[1], 1, "two workers tell once, of two lists as of one");
  assert.deepEqual(await told(reader), [made.caseId]);
  assert.deepEqual(await told(colleague), []);
  const { rows: mails } = await db.owner.query(
    "SELECT channel, user_id AS who, case_id AS about FROM notice_delivery WHERE kind = 'list-alert'",
  );
  assert.deepEqual(mails, [{ channel: "mail", who: reader.userId, about: made.caseId }], "by mail as well, once");
  assert.equal(await match(), 0);
  for (const id of [listId, other]) await withTenant(reader, (ctx) => watchList(ctx, { listId: id, on: false }));
  await makeUnreadCase(db.owner, { requestedPriority: "STAT", modality: "CT" });
  assert.equal(await match(), 0, "it was switched off");
});

test("nobody watches more lists than a sweep looks through in time", async () => {
  const { listId } = await keep(colleague, { name: "One more", view: view() });
  await db.owner.query(
    `WITH made AS (INSERT INTO saved_list (org_id, owner_id, audience, name, view) SELECT org_id, owner_id, audience, 'Watched ' || n, view
       FROM saved_list, generate_series(1, 30) n WHERE id = $1 RETURNING id, org_id, owner_id)
     INSERT INTO list_watch (list_id, user_id, org_id, is_on) SELECT id, owner_id, org_id, true FROM made`,
    [listId],
  );
  const watch = (on: boolean) => withTenant(colleague, (ctx) => watchList(ctx, { listId, on }));
  await assert.rejects(
    watch(true),
    (error: unknown) => error instanceof DomainError && error.code === "list.too-many-watched",
  );
  await watch(false);
  await db.owner.query(
    "UPDATE list_watch SET is_on = false WHERE list_id = (SELECT list_id FROM list_watch WHERE user_id = $1 AND is_on LIMIT 1)",
    [colleague.userId],
  );
  await watch(true);
  await watch(true);
});
