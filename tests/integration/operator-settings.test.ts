import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { withMaintenance } from "#server/db/maintenance.ts";
import { createFacility, createOrganization } from "#server/domain/tenancy/index.ts";
import { useTestDatabase } from "../database.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
});
after(() => db.drop());

/** What the front door says before it gives up. */
function started(program: string, env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program], { env: { ...process.env, OVERREAD_LOG_LEVEL: "info", ...env } });
    let said = "";
    const hear = (data: Buffer): void => {
      said += data.toString();
      // It listens: that was the question.
      if (said.includes("front door open")) child.kill("SIGKILL");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => resolve({ code, said }));
  });
}

test("an address that other machines reach without TLS is listened on only where somebody said so", async () => {
  for (const program of ["src/server/front-door/main.ts", "scripts/start.mjs"])
    for (const settings of [
      { OVERREAD_HOST: "0.0.0.0" },
      { OVERREAD_HOST: "::", OVERREAD_BEHIND_PROXY: "1" },
      { OVERREAD_HOST: "192.168.1.20", OVERREAD_PUBLIC_URL: "https://portal.example" },
    ] as Record<string, string>[]) {
      const { code, said } = await started(program, settings);
      assert.equal(code, 1, said);
      assert.match(said, /OVERREAD_ALLOW_PLAIN_HTTP=1/);
      assert.match(said, /OVERREAD_BEHIND_PROXY=1/);
    }
});

test("names given on the command line hold nothing that cannot be seen, as those given on a page", async () => {
  const refused = (error: unknown): boolean => error instanceof DomainError && error.code === "request.invalid";
  const good = { slug: "meadow", name: "Meadow — Ärztehaus 病院", kind: "hospital" as const };
  for (const name of ["a\0b", "a\u202eb", "a\x07b", "a\nb", " ", "x".repeat(201)]) {
    await assert.rejects(
      withMaintenance((tx) => createOrganization(tx, { ...good, name }, "test")),
      refused,
    );
    await assert.rejects(
      withMaintenance((tx) => createOrganization(tx, { ...good, letterhead: ["Meadow", name] }, "test")),
      refused,
    );
  }
  const { id } = await withMaintenance((tx) => createOrganization(tx, good, "test"));
  await assert.rejects(
    withMaintenance((tx) => createFacility(tx, id, { slug: "meadow-main", name: "Main\u2066" }, "test")),
    refused,
  );
  await withMaintenance((tx) => createFacility(tx, id, { slug: "meadow-main", name: "Main" }, "test"));
});
