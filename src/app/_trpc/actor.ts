import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { createCaller } from "#server/trpc/caller.ts";
import type { Me } from "./types.ts";

/** The person who requests this page, or null. API tokens have no pages. */
export async function pageActor() {
  const actor = await actorFromRequest({ headers: new Headers(await headers()) });
  return actor?.kind === "user" ? actor : null;
}

/** The person and what they may see; redirects to the sign-in page when nobody is signed in. */
export async function requirePerson(path: string) {
  const actor = await pageActor();
  if (!actor) redirect(`/sign-in?to=${encodeURIComponent(path)}`);
  const caller = createCaller(actor);
  return { caller, me: asSerialized<Me>(await caller.session.me()) };
}

/** As requirePerson, for a page that needs an ability (`trpc/abilities.ts`); for people without it, it is not found. */
export async function requireAllowedPerson(path: string, ability: keyof Me["can"]) {
  const person = await requirePerson(path);
  if (!person.me.can[ability]) notFound();
  return person;
}

/** A value after a round trip through JSON, so that server and browser components share its type. */
export function asSerialized<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
