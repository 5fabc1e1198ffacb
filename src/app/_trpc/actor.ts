import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { createCaller } from "#server/trpc/caller.ts";
import type { Me } from "./types.ts";

/** Who asks for this page, or null. Programs with tokens have no pages. */
export async function pageActor() {
  const actor = await actorFromRequest({ headers: new Headers(await headers()) });
  return actor?.kind === "user" ? actor : null;
}

/** Who is at the screen and what they may see; sends everybody else to the sign-in page. */
export async function requirePerson(path: string) {
  const actor = await pageActor();
  if (!actor) redirect(`/sign-in?to=${encodeURIComponent(path)}`);
  const caller = createCaller(actor);
  return { caller, me: asSent<Me>(await caller.session.me()) };
}

/** As requirePerson, for a page that only some may open; to the others it does not exist. */
export async function requirePersonWho(path: string, may: (me: Me) => boolean) {
  const person = await requirePerson(path);
  if (!may(person.me)) notFound();
  return person;
}

/** An answer in the form in which it would have travelled, so that server and browser components share their types. */
export function asSent<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
