import type { UserActor } from "#server/context.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { signedIn } from "./actors.ts";
import { useTestDatabase } from "./database.ts";

const emails = {
  solheim: "radiologist@nightshift.example",
  mensah: "radiologist2@nightshift.example",
  lead: "lead@nightshift.example",
  tech: "tech@lakeside.example",
  admin: "admin@lakeside.example",
} as const;

/** A database of the test file's own with the demo organisations, and people of the reading group and of its hospital signed in. */
export async function useDemoPeople(): Promise<
  { db: Awaited<ReturnType<typeof useTestDatabase>> } & Record<keyof typeof emails, UserActor>
> {
  const db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  const people = {} as Record<keyof typeof emails, UserActor>;
  for (const [name, email] of Object.entries(emails))
    people[name as keyof typeof emails] = (await signedIn(email)).actor;
  return { db, ...people };
}
