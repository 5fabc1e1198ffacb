import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { seedDemo } from "#server/demo/seed.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog, faultOf } from "#server/log.ts";
import { useTestDatabase } from "../database.ts";
import { CookieJar, serveNextAuth, submitSignIn } from "../next-auth-server.ts";
import { useTestRedis } from "../redis.ts";

/** The front door of a portal that is reached by https, with next-auth in the place of Next behind it. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let web: Awaited<ReturnType<typeof serveNextAuth>>;
let door: FrontDoor;
let base: string;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-headers-"));

before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  process.env.OVERREAD_PUBLIC_URL = "https://portal.example";
  redis = await useTestRedis();
  db = await useTestDatabase();
  web = await serveNextAuth();
  process.env.OVERREAD_WEB_PORT = new URL(web.url).port;
  await seedDemo({ password: "correct horse" });
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "fatal") });
  base = `http://127.0.0.1:${door.port}`;
});
after(async () => {
  await door.stop(1000);
  await web.close();
  await db.drop();
  await redis.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test("pages, sign-in and data carry the headers that no answer of a portal under https lacks", async () => {
  for (const target of ["/api/auth/csrf", "/api/auth/session", "/api/health/live", "/dicomweb/lakeside/studies"]) {
    const { headers } = await fetch(`${base}${target}`);
    assert.match(headers.get("strict-transport-security") ?? "", /^max-age=31536000/, target);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", target);
    assert.equal(headers.get("x-content-type-options"), "nosniff", target);
    assert.equal(headers.get("x-frame-options"), "DENY", target);
    assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/, target);
    assert.match(headers.get("cache-control") ?? "", /no-store/, target);
  }
});

test("cookies are bound to https and to this host", async () => {
  const { jar } = await submitSignIn(base, { email: "radiologist@nightshift.example", password: "correct horse" });
  assert.ok(jar.values.has("__Host-next-auth.session-token"), [...jar.values.keys()].join());
  for (const [name, attributes] of jar.attributes) {
    assert.match(name, /^__Host-/);
    assert.match(attributes, /Path=\/(;|$)/);
    assert.match(attributes, /Secure/);
    assert.match(attributes, /HttpOnly/);
    assert.doesNotMatch(attributes, /Domain/i);
  }
  const session = (await (await jar.fetch(`${base}/api/auth/session`)).json()) as { user: { email?: string } };
  assert.equal(session.user.email, "radiologist@nightshift.example");
  // A neighbour's cookie under the name of old is nobody's session.
  const value = jar.values.get("__Host-next-auth.session-token");
  const old = new CookieJar();
  old.values.set("__Secure-next-auth.session-token", String(value));
  assert.deepEqual(await (await old.fetch(`${base}/api/auth/session`)).json(), {});
});

/** One GET whose Host is as written. @returns head and body as they came */
function getAs(host: string | null, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(door.port, "127.0.0.1");
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(text));
    socket.write(`GET ${target} HTTP/1.0\r\n${host === null ? "" : `Host: ${host}\r\n`}\r\n`);
  });
}

test("a name that is not the portal's own is repeated nowhere, and pages do not answer to it", async () => {
  for (const host of [
    "evil.example",
    "portal.example.evil.example",
    "evil.example:443",
    "localhost.evil.example",
    "[::2]",
  ])
    for (const target of ["/api/auth/csrf", "/api/auth/signin", "/sign-in", "/dicomweb/lakeside/studies"]) {
      const answer = await getAs(host, target);
      assert.ok(!answer.includes("evil") && !answer.includes("::2"), answer);
      assert.match(answer, target.startsWith("/dicomweb/") ? / 401 / : / 421 /);
    }
  for (const host of ["portal.example", "localhost", `127.0.0.1:${door.port}`, null])
    assert.match(await getAs(host, "/api/auth/csrf"), / 200 /, String(host));
});

test("a log keeps of an error where it came up and its code, never its text or values", async () => {
  await assert.rejects(
    db.owner.query(
      "INSERT INTO organization (id, slug, name, kind) SELECT id, slug, 'Rivers^Alder', kind FROM organization",
    ),
    (error: Error) => {
      const wrapped = new DomainError("internal", { cause: error });
      const kept = JSON.stringify(faultOf(wrapped));
      assert.match(kept, /"code":"23505"/);
      assert.match(kept, /front-door-headers\.test\.ts/);
      for (const value of ["Rivers", "lakeside", "duplicate key", "detail"]) assert.ok(!kept.includes(value), kept);
      return true;
    },
  );
});
