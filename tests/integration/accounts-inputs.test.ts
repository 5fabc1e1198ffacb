import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { seedDemo } from "#server/demo/seed.ts";
import { AddAddendum, SaveDraft } from "#server/domain/reporting/index.ts";
import { isPacsHost } from "#server/domain/tenancy/index.ts";
import { handleTrpcRequest } from "#server/trpc/handle-request.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
});
after(() => db.drop());

async function ask(email: string, procedure: string, input: object): Promise<[number, string | undefined]> {
  const { cookie } = await signedIn(email);
  const answer = await handleTrpcRequest(
    new Request(`http://127.0.0.1/api/trpc/${procedure}`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: JSON.stringify(input),
    }),
  );
  const body = (await answer.json()) as { error?: { data: { appCode: string } } };
  return [answer.status, body.error?.data.appCode];
}
const character = (code: number): string => String.fromCodePoint(code);

test("NUL, controls and characters that turn words round are refused in every text, with 400", async () => {
  const person = { email: "x@lakeside.example", displayName: "Xenia Yi", roles: ["technologist"] };
  for (const bad of [0, 1, 0x1b, 0x1f, 0x7f, 0x85, 0x202a, 0x202e, 0x2066, 0x2069].map(character)) {
    const asked: [string, string, object][] = [
      ["radiologist@nightshift.example", "worklist.list", { filter: { text: `a${bad}b` } }],
      ["radiologist@nightshift.example", "worklist.list", { cursor: bad }],
      ["referrer@lakeside.example", "referral.list", { text: bad }],
      ["admin@lakeside.example", "audit.search", { patientId: `P${bad}` }],
      ["admin@lakeside.example", "user.create", { ...person, displayName: `Xenia${bad}Yi` }],
      ["admin@lakeside.example", "user.create", { ...person, referrerNames: [bad] }],
      ["admin@lakeside.example", "facility.update", { facilitySlug: bad }],
      ["admin@lakeside.example", "facility.update", { facilitySlug: "lakeside-north", name: `North${bad}` }],
      ["admin@lakeside.example", "edge.issueCode", { facilitySlug: bad }],
    ];
    for (const [email, procedure, input] of asked)
      assert.deepEqual(
        await ask(email, procedure, input),
        [400, "request.invalid"],
        `${procedure} ${bad.codePointAt(0)}`,
      );
  }
});

test("a date that no trail can hold is a mistake of the asker's", async () => {
  for (const moment of ["9999-12-31", "0000-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
    for (const key of ["from", "to"])
      assert.deepEqual(await ask("admin@lakeside.example", "audit.search", { [key]: moment }), [
        400,
        "request.invalid",
      ]);
  assert.deepEqual(await ask("admin@lakeside.example", "audit.search", { from: "2026-01-01", to: "2100-01-01" }), [
    200,
    undefined,
  ]);
});

test("pasted words lose what cannot be seen in them and nothing else", () => {
  const pasted = `No${character(0x202e)} fracture.${character(12)}Tab\there, ünïcode, \u05e9\u200f, line\nend.${character(0)}`;
  const clean = "No fracture.\nTab\there, ünïcode, \u05e9\u200f, line\nend.";
  assert.equal(removeHiddenCharacters(pasted), clean);
  const caseId = crypto.randomUUID();
  const draft = {
    caseId,
    claimToken: "1",
    version: 0,
    sections: [{ key: "impression", title: "Impression", text: pasted }],
  };
  assert.equal(SaveDraft.parse(draft).sections[0]?.text, clean);
  assert.equal(AddAddendum.parse({ caseId, text: pasted }).text, clean);
});

test("a local PACS is a host of the hospital's network", () => {
  for (const host of ["10.0.0.5", "pacs", "pacs.lakeside.example", "192.168.1.9", "fd12::5", "pacs-1.local."])
    assert.ok(isPacsHost(host, { loopback: false }), host);
  const never = [
    ..."169.254.169.254 ::ffff:169.254.169.254 fe80::1 fe80::1%eth0 0.0.0.0 :: 224.0.0.1 255.255.255.255".split(" "),
    ..."2852039166 0xa9fea9fe 169.254 metadata.google.internal metadata.google.internal. -pacs pacs_1 pa..cs http://x/".split(
      " ",
    ),
    "a b;rm -rf /",
    "pacs\n",
    "",
  ];
  for (const host of never) assert.equal(isPacsHost(host, { loopback: true }), false, host);
  for (const host of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost", "x.localhost", "localhost."]) {
    assert.ok(isPacsHost(host, { loopback: true }), host);
    assert.equal(isPacsHost(host, { loopback: false }), false, host);
  }
});
