import { randomBytes } from "node:crypto";
import { hashPassword } from "#server/auth/password.ts";
import { config } from "#server/config.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { applyMigrations } from "#server/db/migrate.ts";
import { ensureRoles } from "#server/db/roles.ts";
import { demoAccounts, seedDemo } from "#server/demo/seed.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { replacePassword } from "#server/domain/tenancy/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { type Command, optional, passwordFrom } from "../command.ts";

const dbSetup: Command = {
  name: "db setup",
  usage: "",
  summary: "Create the database roles and apply migrations",
  options: {},
  async run() {
    const ownerUrl = config().database.ownerUrl();
    await ensureRoles(ownerUrl, config().masterSecret());
    const applied = await applyMigrations(ownerUrl);
    return {
      json: { applied },
      lines: applied.length > 0 ? applied.map((name) => `applied ${name}`) : ["The database is up to date."],
    };
  },
};

const demoSeed: Command = {
  name: "demo seed",
  usage: "[--password-env <variable>] [--edge-aet <title>] [--reset-password]",
  summary: "Load the demo organisations where there are none (demo data only, never for patients)",
  options: {
    "password-env": { type: "string" },
    "edge-aet": { type: "string" },
    "reset-password": { type: "boolean" },
  },
  async run({ values }) {
    const { demoPassword, edgeAet: configuredAet } = config().demo;
    const given = passwordFrom(optional(values, "password-env")) ?? demoPassword;
    const password = given ?? randomBytes(9).toString("base64url");
    const edgeAet = optional(values, "edge-aet") ?? configuredAet;
    const { loaded } = await seedDemo({ password, ...(edgeAet ? { edgeAet } : {}) });
    const reset = !loaded && values["reset-password"] === true;
    if (reset) await resetDemoPassword(password);
    const accounts = Object.values(demoAccounts)
      .flat()
      .map(({ email, roles }) => ({ email, role: roles.join(", ") }));
    const news = loaded ? "The demo organisations are loaded." : "The demo organisations were there already.";
    const showPassword = (loaded || reset) && !given;
    return {
      json: { created: loaded, reset, accounts, ...(showPassword ? { password } : {}) },
      lines: [
        news,
        ...(reset ? ["Their accounts have a new password."] : []),
        ...(showPassword ? [`Password of the demo accounts (shown this once): ${password}`] : []),
      ],
    };
  },
};

/** Gives every demo account another password and ends their sessions. */
async function resetDemoPassword(password: string): Promise<void> {
  const hashes = new Map<string, string>();
  for (const { email } of Object.values(demoAccounts).flat()) hashes.set(email, await hashPassword(password));
  await withMaintenance(async (tx) => {
    for (const [slug, accounts] of Object.entries(demoAccounts)) {
      const { id: orgId } = await tx.organization.findUniqueOrThrow({ where: { slug } });
      const emails = accounts.map(({ email }) => email);
      for (const { id, email } of await tx.user.findMany({ where: { orgId, email: { in: emails } } })) {
        await replacePassword(tx, id, hashes.get(email)!);
        const details = { userId: id, passwordChanged: true };
        await appendAs(tx, systemActor(orgId, "demo"), { action: "session.revoke", details });
      }
    }
  });
}

export const databaseCommands = [dbSetup, demoSeed];
