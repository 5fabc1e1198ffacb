import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createApiToken } from "#server/auth/api-token.ts";
import { signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  // Six hundred units a minute, so that a test can spend them.
  process.env.OVERREAD_DICOMWEB_UNITS_PER_SECOND = "10";
  archive = await useTestArchive();
});
after(() => archive.close());

test("who asks for more than their share is told when to come again; others, and what is sent to us, go on", async () => {
  const one = tinyInstance();
  await archive.stow([one.part10]);
  const { token } = await createApiToken("lakeside", ["dicomweb:read", "dicomweb:write"], "greedy");
  const statuses: number[] = [];
  let last: Response | undefined;
  for (let n = 0; n < 100 && last?.status !== 429; n++) {
    last = await archive.request("/studies", { token });
    await (last.status === 429 ? undefined : last.arrayBuffer());
    statuses.push(last.status);
  }
  assert.ok(statuses.length > 55, `${statuses.length} searches were answered first`);
  assert.equal(last?.status, 429);
  const wait = Number(last?.headers.get("retry-after"));
  assert.ok(wait >= 1 && wait <= 2, `${wait} s`);
  const { error } = (await last!.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, "request.rate-limited");
  assert.match(error.message, /Retry-After/);

  // Another token of the same hospital, and a person, have a share of their own.
  assert.equal((await archive.request("/studies")).status, 200);
  const { cookie } = await signedIn("tech@lakeside.example");
  assert.equal((await archive.request("/studies", { cookie })).status, 200);
  assert.equal((await archive.stow([tinyInstance().part10], { token })).status, 200, "images are never turned away");
});
