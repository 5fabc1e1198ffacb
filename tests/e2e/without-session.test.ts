import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { seedDemo } from "#server/demo/seed.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { appRouter } from "#server/trpc/root.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { eventually, freePort, useTestRedis } from "../redis.ts";

/**
 * What Next runs before a page has been passed by before (CVE-2025-29927 and after). Every page, procedure and image address is
 * asked for without a session in all the ways that were tried on Next: none may say anything of the data.
 */
const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-without-session-"));
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let next: ChildProcess;
let door: FrontDoor;
/** What only somebody signed in may learn: people, patients, case ids are in the address already. */
let secrets: string[];
let pages: string[];

before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  const webPort = await freePort();
  process.env.OVERREAD_WEB_PORT = String(webPort);
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  const { caseId, studyId } = await aCase();
  next = spawn(
    process.execPath,
    [path.join(root, "node_modules/next/dist/bin/next"), "start", "-p", String(webPort), "-H", "127.0.0.1"],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: "production" },
      stdio: "ignore",
    },
  );
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "fatal") });
  await eventually(async () => (await ask({ target: "/sign-in" })).status === 200, "the pages");
  const people = await db.owner.query<{ id: string; display_name: string; email: string }>(
    "SELECT id, display_name, email FROM user_account",
  );
  const reader = people.rows.find(({ email }) => email === "radiologist@nightshift.example");
  secrets = ["Zenithcanary", "PID-CANARY", ...people.rows.flatMap((row) => [row.display_name, row.email])];
  pages = globSync("src/app/**/page.tsx", { cwd: root })
    .map((file) => file.replace(/^src\/app/, "").replace(/\/page\.tsx$/, ""))
    .map(
      (route) =>
        route
          .replace(/\/\([^)]*\)/g, "")
          .replace("[caseId]", caseId)
          .replace("[studyId]", studyId)
          .replace("[userId]", reader?.id ?? "") || "/",
    )
    .filter((route) => route !== "/sign-in")
    .sort();
});
after(async () => {
  next?.kill("SIGKILL");
  agent.destroy();
  await door?.stop(1000);
  await db?.drop();
  await redis?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A case with a patient whose name is found again wherever it gets out. */
async function aCase(): Promise<{ caseId: string; studyId: string }> {
  const [org, reader, facility] = [
    await orgId("lakeside"),
    await orgId("nightshift"),
    await facilityId("lakeside-main"),
  ];
  const insert = async (sql: string, values: unknown[]) =>
    (await db.owner.query<{ id: string }>(`${sql} RETURNING id`, values)).rows[0]?.id as string;
  const patient = await insert(
    "INSERT INTO patient (org_id, reader_org_id, patient_id) VALUES ($1, $2, 'PID-CANARY')",
    [org, reader],
  );
  const studyId = await insert(
    `INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search, number_of_instances, referrer_id)
     VALUES ($1, $2, $3, $4, '2.25.9', 'PID-CANARY', 'Zenithcanary^A', 'zenithcanary a', 1, $5)`,
    [org, reader, facility, patient, (await signedIn("referrer@lakeside.example")).actor.userId],
  );
  const caseId = await insert(
    "INSERT INTO reading_case (org_id, reader_org_id, facility_id, study_ref, due_at) VALUES ($1, $2, $3, $4, now())",
    [org, reader, facility, studyId],
  );
  return { caseId, studyId };
}

type Ask = { target: string; headers?: Record<string, string | string[]>; method?: string; body?: string };
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Asks with the address as it is written: `fetch` would tidy it. */
function ask(what: Ask): Promise<{ status: number; text: string }> {
  const { target, headers = {}, method = "GET", body } = what;
  return new Promise((resolve, reject) => {
    const req = request(
      {
        agent,
        host: "127.0.0.1",
        port: door.port,
        path: target,
        method,
        headers: { ...headers, ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) },
      },
      (res) => {
        let text = JSON.stringify(res.headers);
        res.setEncoding("latin1");
        res.on("data", (chunk) => {
          text += chunk;
        });
        res.on("error", reject);
        res.on("end", () => resolve({ status: res.statusCode ?? 0, text }));
      },
    );
    // The door may close a connection that was kept open at the very moment in which it is used again.
    req.on("error", (error) => (req.reusedSocket ? ask(what).then(resolve, reject) : reject(error)));
    req.end(body);
  });
}

const times = (text: string, count = 5): string => Array(count).fill(text).join(":");
const buildId = (): string => read(".next/BUILD_ID").trim();
const rsc = { rsc: "1" };
const tree = encodeURIComponent(
  JSON.stringify(["", { children: ["worklist", { children: ["__PAGE__", {}] }] }, null, null, true]),
);

/** Headers by which Next has been made to skip what runs before a page, or to answer with its data alone. */
const headerSets = (page: string): Record<string, string | string[]>[] => [
  {},
  rsc,
  ...["middleware", "src/middleware", "proxy", "src/proxy", "pages/_middleware"].flatMap((name) => [
    { "x-middleware-subrequest": name },
    { "x-middleware-subrequest": times(name) },
    { ...rsc, "X-Middleware-Subrequest": times(name) },
  ]),
  { "x-middleware-subrequest-id": "0000", "x-middleware-subrequest": times("src/proxy") },
  { ...rsc, "next-router-prefetch": "1" },
  { ...rsc, "next-router-prefetch": "2", "next-router-segment-prefetch": "/_tree" },
  ...["/_tree", "/_index", "/worklist/__PAGE__", "/_full"].map((segment) => ({
    ...rsc,
    "next-router-prefetch": "1",
    "next-router-segment-prefetch": segment,
  })),
  { ...rsc, "next-router-state-tree": tree },
  { ...rsc, "next-router-state-tree": tree, "next-url": page },
  { ...rsc, "next-hmr-refresh": "1" },
  { "x-nextjs-data": "1" },
  { "x-middleware-prefetch": "1", purpose: "prefetch" },
  { "x-middleware-next": "1" },
  { "x-middleware-rewrite": page },
  { "x-middleware-invoke": "1", "x-invoke-path": page, "x-invoke-status": "200" },
  { "x-middleware-override-headers": "cookie", "x-middleware-request-cookie": "next-auth.session-token=x" },
  { "x-matched-path": page, "x-now-route-matches": "1=x" },
  { "x-original-url": page, "x-rewrite-url": page },
  { "x-forwarded-host": "localhost", "x-forwarded-uri": page, "x-forwarded-for": "127.0.0.1" },
  { "x-http-method-override": "GET", "x-http-method": "PUT" },
  { "x-vercel-protection-bypass": "1", "x-prerender-revalidate": "1" },
  { cookie: "next-auth.session-token=forged" },
  { cookie: "next-auth.session-token=eyJhbGciOiJub25lIn0.eyJzaWQiOiIxIn0." },
  { cookie: "__prerender_bypass=x; __next_preview_data=y; next-auth.session-token=x" },
  { authorization: "Basic YWRtaW46YWRtaW4=" },
  { authorization: "Bearer x" },
];

/** Ways to write the address of a page, or of what it is made of. */
function spellings(page: string): string[] {
  const bare = page === "/" ? "/index" : page;
  const [first = "", ...rest] = bare.slice(1).split("/");
  const hidden = `%${first.charCodeAt(0).toString(16)}${first.slice(1)}`;
  const tail = rest.length > 0 ? `/${rest.join("/")}` : "";
  return [
    ...[
      ".rsc",
      ".txt",
      ".json",
      ".html",
      ".prefetch.rsc",
      "/",
      "//",
      "/.",
      "/index",
      ";a=b",
      "%00",
      "%20",
      "%2f",
      "%5c",
      "?_rsc=1",
    ],
    ...[".segments/_tree.segment.rsc", ".segments/__PAGE__.segment.rsc", "?__nextLocale=en&nxtPcaseId=x", "/__PAGE__"],
    ...["?__nextDataReq=1", "?x-middleware-subrequest=proxy", "#x", "/_next/data"],
  ]
    .map((ending) => bare + ending)
    .concat(
      `/_next/data/${buildId()}${bare}.json`,
      `/_next/data/${buildId()}/en${bare}.json`,
      `/_next/image?url=${encodeURIComponent(bare)}&w=64&q=75`,
      `/_next/static/..${bare}`,
      `/_next/static/%2e%2e${bare}`,
      `/_next/static/..%2f..${bare}`,
      `/icon.svg/..${bare}`,
      `/api/..${bare}`,
      `/api/trpc/..%2f..%2f..${bare}`,
      `/dicomweb/..%2f..${bare}`,
      `/en${bare}`,
      `/.${bare}`,
      `/%2e${bare}`,
      `/${bare}`,
      `/%2f${bare.slice(1)}`,
      `/x/..${bare}`,
      `/x/%2e%2e${bare}`,
      `/\\${bare.slice(1)}`,
      `/${hidden}${tail}`,
      `/${encodeURIComponent(hidden)}${tail}`,
      `/${first.toUpperCase()}${tail}`,
      `/(reading)${bare}`,
      `/sign-in/..${bare}`,
      `/sign-in${bare}`,
    );
}

/** Server actions that the build holds, and one that it does not. */
function actions(): string[] {
  const manifest = JSON.parse(read(".next/server/server-reference-manifest.json")) as Record<string, unknown>;
  const ids = [manifest.node, manifest.edge].flatMap((each) => Object.keys(each ?? {}));
  return [...ids, "00".repeat(21)];
}

/** The ways that each spelling is combined with. */
const three: Record<string, string>[] = [
  {},
  rsc,
  { "x-middleware-subrequest": times("src/proxy"), "x-nextjs-data": "1" },
];

let asked = 0;
async function mustSayNothing(what: Ask): Promise<void> {
  asked++;
  const { status, text } = await ask(what);
  const told = secrets.filter((secret) => text.includes(secret));
  assert.deepEqual(told, [], `${JSON.stringify(what)} → ${status}`);
  assert.ok(status < 500, `${JSON.stringify(what)} → ${status}`);
}

test("somebody signed in does see on each page what is looked for here", async () => {
  const emails = [
    "radiologist@nightshift.example",
    "lead@nightshift.example",
    "admin@lakeside.example",
    "operator@overread.example",
    "referrer@lakeside.example",
  ];
  const cookies = await Promise.all(emails.map(async (email) => (await signedIn(email)).cookie));
  for (const target of pages) {
    const answers = await Promise.all(cookies.map((cookie) => ask({ target, headers: { cookie } })));
    // For who holds a link and has no session yet: it knows nobody before the link is read.
    if (target === "/invitation") continue;
    // The start page only leads on.
    if (target === "/") assert.ok(answers.every(({ status }) => status === 307));
    else
      assert.ok(
        answers.some(({ text }) => secrets.some((secret) => text.includes(secret))),
        target,
      );
  }
  const list = await ask({ target: "/api/trpc/worklist.list?input=%7B%7D", headers: { cookie: cookies[0] as string } });
  assert.match(list.text, /Zenithcanary/, list.text.slice(0, 300));
});

test("no page says anything without a session, by whatever header or spelling it is asked for", async () => {
  for (const page of pages) {
    for (const headers of headerSets(page)) await mustSayNothing({ target: page, headers });
    for (const target of spellings(page)) for (const headers of three) await mustSayNothing({ target, headers });
    for (const method of ["HEAD", "POST", "OPTIONS"])
      await mustSayNothing({ target: page, method, headers: rsc, ...(method === "POST" ? { body: "[]" } : {}) });
    for (const action of actions())
      await mustSayNothing({
        target: page,
        method: "POST",
        headers: { "next-action": action, "content-type": "text/plain;charset=UTF-8", ...rsc },
        body: "[]",
      });
  }
  assert.ok(asked > 1000, `${asked} requests`);
});

test("no procedure answers without a session, by whatever header or spelling it is asked for", async () => {
  for (const name of Object.keys(appRouter._def.procedures)) {
    const at = `/api/trpc/${name}`;
    for (const target of [
      at,
      `${at}?input=%7B%7D`,
      `${at}?batch=1&input=%7B%7D`,
      `/api/trpc/${name.replace(".", "%2e")}`,
      `/${at}`,
      `${at}/`,
    ])
      for (const [method, body] of [
        ["GET", undefined],
        ["POST", "{}"],
      ] as const) {
        const headers = { "x-middleware-subrequest": times("src/proxy"), "content-type": "application/json" };
        const what: Ask = { target, method, headers, ...(body ? { body } : {}) };
        await mustSayNothing(what);
        const { text } = await ask(what);
        assert.doesNotMatch(text, /"result":\{"data":(?!null)/, JSON.stringify(what));
      }
  }
});

test("no image address answers without a session", async () => {
  for (const headers of headerSets("/dicomweb/lakeside/studies"))
    for (const target of [
      "/dicomweb/lakeside/studies",
      "/dicomweb/lakeside/studies/2.25.9/metadata",
      "//dicomweb/lakeside/studies",
    ]) {
      await mustSayNothing({ target, headers });
      const { status } = await ask({ target, headers });
      assert.ok(status >= 300, `${target} → ${status}`);
    }
});

test("a wrong password, and a form whose token is gone, are answered on the sign-in page with what to do", async () => {
  const base = `http://127.0.0.1:${door.port}`;
  const csrf = await fetch(`${base}/api/auth/csrf`);
  const { csrfToken } = (await csrf.json()) as { csrfToken: string };
  const cookie = csrf.headers.getSetCookie().map((line) => line.split(";")[0]);
  for (const [token, words] of [
    [csrfToken, /E-mail or password is not right/],
    ["gone", /Try again in a moment/],
  ] as const) {
    const answer = await fetch(`${base}/api/auth/callback/credentials`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: cookie.join("; "), origin: base, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ csrfToken: token, email: "lead@nightshift.example", password: "wrong" }),
    });
    const page = await fetch(new URL(answer.headers.get("location") ?? "", base));
    assert.equal(page.status, 200, answer.headers.get("location") ?? "no location");
    assert.match(await page.text(), words);
  }
});
