import { redirect } from "next/navigation";
import { requirePerson } from "./_trpc/actor.ts";
import { startPageOf } from "./_ui/places.ts";

/** Everybody's first address: leads to where the person's work is. */
export default async function StartPage() {
  const { me } = await requirePerson("/");
  redirect(startPageOf(me));
}
