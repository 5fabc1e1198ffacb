import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { run } from "../support/run.ts";
import { type Swift, startSwift } from "../support/swift.ts";
import { startStack } from "./support/stack.ts";

/** `npm start` with the archive's objects in a bucket. */
let swift: Swift;
const dataDir = mkdtempSync(path.join(os.tmpdir(), "overread-start-s3-"));
before(async () => {
  swift = await startSwift(["archive"]);
});
after(async () => {
  await swift.close();
  rmSync(dataDir, { recursive: true, force: true });
});
const settings = (bucket: string): Record<string, string> => ({
  OVERREAD_STORAGE: `s3://${bucket}?endpoint=${encodeURIComponent(swift.endpoint)}`,
  AWS_ACCESS_KEY_ID: swift.accessKeyId,
  AWS_SECRET_ACCESS_KEY: swift.secretAccessKey,
});

test("npm start on a bucket that is not there, or with an address that is none, ends and says why", async () => {
  await assert.rejects(
    startStack({ dataDir, env: { ...settings("elsewhere") } }),
    /the store cannot be used: the bucket of the archive is not there/,
  );
  await assert.rejects(
    startStack({ dataDir, env: { ...settings("archive"), OVERREAD_STORAGE: "s3://archive?endpont=http://x" } }),
    /OVERREAD_STORAGE: has an unknown parameter "endpont"/,
  );
});

test("npm start on a bucket runs whole; operators beside it need no keys, and the pages' process has none", async () => {
  const stack = await startStack({ dataDir, env: settings("archive") });
  try {
    const ready = await fetch(`${stack.baseUrl}/api/health/ready`);
    assert.equal(ready.status, 200);
    const folder = mkdtempSync(path.join(dataDir, "images-"));
    for (const name of ["a", "b"]) writeFileSync(path.join(folder, name), tinyInstance().part10);
    const cli = async (...args: string[]) => {
      const main = fileURLToPath(new URL("../../scripts/cli.mjs", import.meta.url));
      const { code, stdout, stderr } = await run(process.execPath, [main, ...args, "--json"], {
        env: { OVERREAD_DATA_DIR: dataDir },
      });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    assert.equal((await cli("import", folder, "--org", "lakeside")).stored, 2);
    const verified = await cli("archive", "verify");
    assert.deepEqual([verified.ok, verified.objects], [true, 2]);
    const { KeyCount } = await swift.client.send(new ListObjectsV2Command({ Bucket: "archive", Prefix: "objects/" }));
    assert.equal(KeyCount, 2);
    assert.equal(existsSync(path.join(dataDir, "objects")), false);
    const environment = (name: string): string => readFileSync(`/proc/${stack.pids()[name]}/environ`, "utf8");
    assert.ok(environment("dicomweb").includes("AWS_SECRET_ACCESS_KEY="));
    for (const name of ["web", "edge"]) assert.ok(!environment(name).includes("AWS_"), name);
  } finally {
    await stack.stop();
  }
});
