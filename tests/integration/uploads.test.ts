import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { crc32, deflateSync } from "node:zlib";
import { type DicomJson, stringOf } from "@overread/shared/dicom/dicom-json";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import jpeg from "jpeg-js";
import { checkArchive } from "#server/archive/index.ts";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { addLicence, ownReader } from "#server/domain/readers/index.ts";
import { getCase } from "#server/domain/reading/index.ts";
import { openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { useTestRedis } from "../redis.ts";
import { run } from "../support/run.ts";

/** Documents that people add at the portal: to a study, to a reader's licence. */
type Person = Awaited<ReturnType<typeof signedIn>>;
let archive: TestArchive;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: Awaited<ReturnType<typeof openFrontDoor>>;
let tech: Person;
let lead: Person;
let reader: Person;
let colleague: Person;
let foreignAdmin: Person;
before(async () => {
  redis = await useTestRedis();
  archive = await useTestArchive();
  tech = await signedIn("tech@lakeside.example");
  lead = await signedIn("lead@nightshift.example");
  reader = await signedIn("radiologist@nightshift.example");
  colleague = await signedIn("radiologist2@nightshift.example");
  foreignAdmin = await signedIn("admin@harbor.example");
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "silent" as "error") });
});
after(async () => {
  await door.stop(1000);
  await archive.close();
  await redis.drop();
});

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const post = async (
  at: string,
  body: Buffer,
  type: string,
  cookie = tech.cookie,
  headers: Record<string, string> = {},
) => {
  const answer = await fetch(`http://127.0.0.1:${door.port}${at}`, {
    method: "POST",
    body: new Uint8Array(body),
    headers: { cookie, "content-type": type, ...headers },
  });
  const text = await answer.text();
  const said = text.startsWith("{") ? JSON.parse(text) : {};
  return { status: answer.status, code: said.error?.code, reason: said.error?.details?.reason, said };
};
const download = (at: string, cookie: string) => fetch(`http://127.0.0.1:${door.port}${at}`, { headers: { cookie } });

const pdf = (more = "") =>
  Buffer.from(
    `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R${more}>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n`,
    "latin1",
  );
const photo = (width = 32, height = 24): Buffer => {
  const data = Buffer.alloc(width * height * 4, 255);
  for (let at = 0; at < data.length; at += 4) data[at] = (at / 4) % 251;
  return Buffer.from(jpeg.encode({ width, height, data }, 90).data);
};
/** With a note of a camera: which way up it was held. */
const noted = (orientation: number, bare = photo()): Buffer => {
  const note = Buffer.from("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0", "latin1");
  note.writeUInt16BE(orientation, 24);
  const head = Buffer.from([0xff, 0xe1, 0, note.length + 2]);
  return Buffer.concat([bare.subarray(0, 2), head, note, bare.subarray(2)]);
};
const png = (width: number, height: number, rows: Buffer, colour = 2): Buffer => {
  const chunk = (type: string, body: Buffer) => {
    const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
    const out = Buffer.alloc(named.length + 8);
    out.writeUInt32BE(body.length, 0);
    named.copy(out, 4);
    out.writeUInt32BE(crc32(named), named.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, colour, 0, 0, 0], 8);
  const mark = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([mark, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
};

/** A study that waits to be read, of a patient whose name is written in another character set than our own. */
async function sentCase() {
  const made = tinyInstance({
    elements: {
      "00100010": { vr: "PN", Value: [{ Alphabetic: "Brunnström^Åsa" }] },
      "00100020": { vr: "LO", Value: ["UP-1"] },
    },
  });
  assert.equal((await archive.stow([made.part10])).status, 200);
  const { rows } = await archive.owner.query<{ id: string }>(
    "SELECT c.id FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE s.study_instance_uid = $1",
    [made.study],
  );
  return { ...made, caseId: rows[0]!.id, at: `/api/cases/${rows[0]!.id}/documents?document=` };
}
const instancesOf = async (study: string): Promise<DicomJson[]> =>
  (await (
    await archive.request(`/studies/${study}/metadata`, { headers: { accept: "application/dicom+json" } })
  ).json()) as DicomJson[];
const addedTo = async (study: string) =>
  (await instancesOf(study)).filter((each) => stringOf(each, Tag.SOPClassUID) !== SOP.ct);

test("a PDF, a photo and a picture become objects of the study, of its patient, whole in the archive, and are no images that arrived", async () => {
  const { study, caseId, at } = await sentCase();
  const before = await withTenant(reader.actor, (ctx) => getCase(ctx, { caseId }));
  // Each row by another filter.
  const grey = Buffer.concat(
    Array.from({ length: 300 }, (_, y) => Buffer.concat([Buffer.from([y % 5]), randomBytes(400)])),
  );
  for (const [kind, body, type] of [
    ["request", pdf(), "application/pdf"],
    // As large as real ones, whose memory the decoder takes.
    ["photo", Buffer.concat([noted(1, photo(400, 300)), Buffer.from("a film behind it")]), "image/jpeg"],
    ["questionnaire", png(400, 300, grey, 0), "image/png"],
  ] as const)
    assert.equal((await post(at + kind, body, type)).status, 200, kind);
  const added = await addedTo(study);
  assert.deepEqual(
    added.map((each) => stringOf(each, Tag.SOPClassUID)).sort(),
    [SOP.encapsulatedPdf, SOP.secondaryCapture, SOP.vlPhotographic].sort(),
  );
  const [image] = (await instancesOf(study)).filter((each) => stringOf(each, Tag.SOPClassUID) === SOP.ct);
  for (const each of added)
    for (const tag of [
      Tag.PatientName,
      Tag.PatientID,
      Tag.PatientBirthDate,
      Tag.PatientSex,
      Tag.StudyInstanceUID,
      Tag.AccessionNumber,
    ])
      assert.deepEqual(each[tag], image![tag], `${tag} of ${stringOf(each, Tag.SOPClassUID)}`);
  const after = await withTenant(reader.actor, (ctx) => getCase(ctx, { caseId }));
  assert.deepEqual([after.images, after.modalities, after.state], [before.images, before.modalities, before.state]);
  assert.deepEqual(
    after.notes.documents.map(({ document, by }) => [document, by]),
    ["request", "photo", "questionnaire"].map((document) => [document, tech.actor.displayName]),
  );
  for (const { seriesInstanceUid, sopInstanceUid, document } of after.notes.documents) {
    const base = `/studies/${study}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
    const drawn = await archive.request(`${base}/rendered`);
    assert.equal(drawn.status, 200, `${document} can be looked at`);
  }
  const { rows } = await archive.owner.query<{ object_key: string }>(
    "SELECT i.object_key FROM instance i JOIN study s ON s.id = i.study_ref WHERE s.study_instance_uid = $1 AND i.source = 'site'",
    [study],
  );
  for (const { object_key: key } of rows) {
    const verdict = await run("dciodvfy", [path.join(archive.storage, "objects", key)]);
    assert.equal(verdict.code, 0, verdict.stderr);
  }
  const whole = await checkArchive(
    () => {},
    async () => {},
  );
  assert.deepEqual([whole.missing, whole.corrupt], [[], []]);
});

test("a photo is stored without what the camera noted beside it, and the PDF byte for byte", async () => {
  const { study, caseId, at } = await sentCase();
  const document = pdf();
  await post(`${at}consent`, document, "application/pdf");
  const bare = noted(1, photo(400, 300));
  const beside = Buffer.from("JFXX\0\x10what was cut away", "latin1");
  const small = Buffer.concat([Buffer.from([0xff, 0xe0, 0, beside.length + 2]), beside]);
  const withFilm = Buffer.concat([bare.subarray(0, 2), small, bare.subarray(2), Buffer.from("a film behind it")]);
  await post(`${at}photo`, withFilm, "image/jpeg");
  const { notes } = await withTenant(reader.actor, (ctx) => getCase(ctx, { caseId }));
  for (const { seriesInstanceUid, sopInstanceUid, document: kind } of notes.documents) {
    const answer = await archive.request(`/studies/${study}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`, {
      headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.includes("Exif"), false);
    assert.equal(bytes.includes("a film"), false);
    assert.equal(bytes.includes("cut away"), false, "nor a small picture of what it was cut from");
    if (kind === "photo") assert.ok(bytes.includes(photo(400, 300).subarray(-2000)), "the picture itself is whole");
    if (kind === "consent") assert.ok(bytes.includes(document));
  }
});

test("the same document sent twice, also at once, is one object and one entry", async () => {
  const { study, caseId, at } = await sentCase();
  const sent = await Promise.all([1, 2, 3].map(() => post(`${at}request`, pdf(), "application/pdf")));
  assert.deepEqual(
    sent.map(({ status }) => status),
    [200, 200, 200],
  );
  assert.equal((await addedTo(study)).length, 1);
  assert.equal((await withTenant(tech.actor, (ctx) => getCase(ctx, { caseId }))).notes.documents.length, 1);
});

test("who begins one document after the other and sends none to its end takes nobody else's place", async () => {
  const { at } = await sentCase();
  const body = pdf("/Lang(slow)");
  const headers = { cookie: tech.cookie, "content-type": "application/pdf", "content-length": body.length };
  const slow = Array.from({ length: 4 }, () =>
    request({ host: "127.0.0.1", port: door.port, path: `${at}other`, method: "POST", headers }),
  );
  const answered = slow.map(
    (sent) =>
      new Promise<{ sent: ClientRequest; status: number | undefined }>((resolve, reject) => {
        sent.on("response", (answer) => resolve({ sent, status: answer.resume().statusCode })).on("error", reject);
        sent.write(body.subarray(0, 9));
      }),
  );
  const first = await Promise.race(answered);
  assert.equal(first.status, 429, "three of one person at a time");
  first.sent.destroy();
  assert.equal(
    (await post(`/api/licences/${randomUUID()}/documents`, body, "application/pdf", lead.cookie)).status,
    404,
  );
  const others = slow.filter((sent) => sent !== first.sent);
  for (const sent of others) sent.end(body.subarray(9));
  const ends = await Promise.all(answered.filter((_, n) => slow[n] !== first.sent));
  assert.deepEqual(
    ends.map(({ status }) => status),
    [200, 200, 200],
  );
  assert.equal((await post(`${at}other`, pdf("/Lang(after)"), "application/pdf")).status, 200);
});

test("what is not what it says, locked, active, damaged or too large is refused with why, and leaves nothing", async () => {
  const { study, caseId, at } = await sentCase();
  const turned = noted(6);
  const cut = photo(64, 64).subarray(0, 300);
  for (const [what, body, type, reason] of [
    ["a program", Buffer.from("MZ\x90\0this program", "latin1"), "application/pdf", "type"],
    ["a page with a script", Buffer.from("<html><script>alert(1)</script>"), "image/png", "type"],
    ["a PDF called a photo", pdf(), "image/jpeg", "other-type"],
    ["nothing", Buffer.alloc(0), "application/pdf", "empty"],
    ["a locked PDF", pdf("/Encrypt 9 0 R"), "application/pdf", "encrypted"],
    ["a locked PDF that spells it otherwise", pdf("/#45ncrypt 9 0 R"), "application/pdf", "active"],
    ["a PDF with a script", pdf("/OpenAction<</S/JavaScript/JS(x)>>"), "application/pdf", "active"],
    ["half a PDF", pdf().subarray(0, 60), "application/pdf", "damaged"],
    ["half a photo", cut, "image/jpeg", "damaged"],
    ["a photo on its side", turned, "image/jpeg", "turned"],
    ["a PNG with too few rows", png(4, 3, Buffer.alloc(5), 0), "image/png", "damaged"],
    ["a PNG that says it is huge", png(60_000, 60_000, Buffer.alloc(5), 0), "image/png", "too-many-pixels"],
    ["a PNG that unpacks to more than it says", png(4, 1, Buffer.alloc(50_000_000), 0), "image/png", "damaged"],
  ] as const) {
    const refused = await post(`${at}other`, body, type);
    assert.deepEqual([refused.status, refused.code, refused.reason], [422, "document.refused", reason], what);
  }
  assert.equal((await post(`${at}other`, Buffer.alloc(20 * 1024 * 1024 + 1, 32), "application/pdf")).status, 413);
  assert.equal((await post(`${at}diploma`, pdf(), "application/pdf")).status, 400);
  assert.deepEqual(await addedTo(study), []);
  assert.deepEqual((await withTenant(tech.actor, (ctx) => getCase(ctx, { caseId }))).notes.documents, []);
});

test("nobody but the site adds to its study, no other page does in its name, and nothing is added to what is closed", async () => {
  const { study, caseId, at } = await sentCase();
  assert.equal((await post(`${at}request`, pdf(), "application/pdf", "")).status, 401);
  assert.equal((await post(`${at}request`, pdf(), "application/pdf", foreignAdmin.cookie)).status, 404);
  assert.equal((await post(`${at}request`, pdf(), "application/pdf", reader.cookie)).status, 403);
  for (const headers of [{ origin: "https://elsewhere.example" }, { "sec-fetch-site": "cross-site" }] as Record<
    string,
    string
  >[])
    assert.equal((await post(`${at}request`, pdf(), "application/pdf", tech.cookie, headers)).status, 403);
  await archive.owner.query(
    "UPDATE reading_case SET state = 'cancelled', paused_from = 'unread', paused_at = now() WHERE id = $1",
    [caseId],
  );
  assert.equal((await post(`${at}request`, pdf(), "application/pdf")).code, "case.illegal-move");
  assert.deepEqual(await addedTo(study), []);
});

test("the document of a licence is opened by the lead and its reader, exactly as it was sent, and by nobody else", async () => {
  const { licenceId } = await withTenant(lead.actor, (ctx) =>
    addLicence(ctx, {
      userId: reader.actor.userId,
      jurisdiction: "GB",
      number: "GMC 7",
      validFrom: null,
      validUntil: null,
      document: "",
    }),
  );
  const at = `/api/licences/${licenceId}/documents`;
  const document = pdf();
  const added = await post(at, document, "application/pdf", lead.cookie);
  assert.equal(added.status, 200);
  assert.equal((await post(at, document, "application/pdf", lead.cookie)).said.documentId, added.said.documentId);
  const own = await withTenant(reader.actor, ownReader);
  const { files } = own.licences.find((each) => each.licenceId === licenceId)!;
  assert.deepEqual(
    files.map(({ mediaType, sizeBytes, by }) => [mediaType, sizeBytes, by]),
    [["application/pdf", document.length, lead.actor.displayName]],
  );
  const address = `/api/licence-documents/${files[0]!.documentId}`;
  for (const { cookie } of [lead, reader]) {
    const answer = await download(address, cookie);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-disposition") ?? "", /^attachment; filename="licence-[0-9a-f]{8}\.pdf"$/);
    assert.equal(sha(Buffer.from(await answer.arrayBuffer())), sha(document));
  }
  for (const { cookie } of [colleague, tech, foreignAdmin]) assert.equal((await download(address, cookie)).status, 404);
  assert.equal((await download(address, "")).status, 401);
  await chainAllWaitingReads();
  const { rows } = await archive.owner.query(
    "SELECT actor_name FROM audit_event WHERE action = 'reader.read-credential' ORDER BY seq",
  );
  assert.equal(rows.length, 2, "each opening is on the trail");

  // Only the lead adds; a reader does not vouch for himself.
  for (const { cookie } of [reader, colleague, tech, foreignAdmin])
    assert.equal((await post(at, pdf("/Lang(x)"), "application/pdf", cookie)).status, 403);
  assert.equal((await post(at, pdf("/Encrypt 9 0 R"), "application/pdf", lead.cookie)).reason, "encrypted");
  await assert.rejects(archive.owner.query("DELETE FROM licence_document"));
  // Other bytes under its key are not sent.
  const { rows: stored } = await archive.owner.query<{ object_key: string }>("SELECT object_key FROM licence_document");
  writeFileSync(path.join(archive.storage, "objects", stored[0]!.object_key), document.subarray(1));
  assert.equal((await download(address, lead.cookie)).status, 500);
});
