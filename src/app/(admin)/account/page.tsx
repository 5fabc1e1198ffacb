import type { Metadata } from "next";
import { requirePerson } from "../../_trpc/actor.ts";
import { AccountScreen } from "./account-screen.tsx";

export const metadata: Metadata = { title: "Account" };

/** Everybody's own account, whatever the role. */
export default async function AccountPage() {
  const { me } = await requirePerson("/account");
  return <AccountScreen me={me} />;
}
