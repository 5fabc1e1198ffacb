import assert from "node:assert/strict";
import { get, type IncomingMessage } from "node:http";
import { after, before, test } from "node:test";
import { signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { eventually } from "../redis.ts";

const MiB = 1024 * 1024;
let archive: TestArchive;
let study: string;
before(async () => {
  archive = await useTestArchive();
  const first = tinyInstance();
  study = first.study;
  const side = 2048;
  const size = { vr: "US", Value: [side] };
  const pixels = { vr: "OW", bytes: new Uint8Array(side * side * 2) };
  const large = Array.from({ length: 8 }, () =>
    tinyInstance({ study, series: first.series, elements: { "00280010": size, "00280011": size, "7FE00010": pixels } }),
  );
  const { stored } = await archive.stow(large.map(({ part10 }) => part10));
  assert.equal(stored.length, 8);
});
after(() => archive.close());

test("a download that runs is cut within a few MB once the account is closed", async () => {
  const { actor, cookie } = await signedIn("tech@lakeside.example");
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { cookie, accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };
    get(`${archive.url}/dicomweb/lakeside/studies/${study}`, { headers }, resolve).on("error", reject);
  });
  assert.equal(answer.statusCode, 200);
  assert.ok(Number(answer.headers["content-length"]) > 60 * MiB);
  let received = 0;
  let closedAt = 0;
  await new Promise<void>((resolve) => {
    answer.on("error", () => resolve()).on("close", () => resolve());
    answer.on("data", async (chunk: Buffer) => {
      received += chunk.length;
      if (closedAt > 0 || received < 4 * MiB) return;
      closedAt = received;
      // Nothing more is taken until the account is closed.
      answer.pause();
      await archive.owner.query("UPDATE user_account SET deactivated_at = now() WHERE id = $1", [actor.userId]);
      answer.resume();
    });
  });
  assert.equal(answer.complete, false);
  assert.ok(received - closedAt < 16 * MiB, `${(received - closedAt) / MiB} MiB after the account was closed`);
});

test("a study that is no longer a group's to read is closed to its radiologists within seconds", async () => {
  const { cookie } = await signedIn("radiologist@nightshift.example");
  const ask = async () => {
    const answer = await archive.request(`/studies/${study}/metadata`, { cookie });
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.equal(await ask(), 200);
  await archive.owner.query("UPDATE study SET reader_org_id = NULL WHERE study_instance_uid = $1", [study]);
  const taken = performance.now();
  await eventually(async () => (await ask()) === 404, "closed");
  assert.ok(performance.now() - taken < 30_000);
});
