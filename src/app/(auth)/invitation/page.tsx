import type { Metadata } from "next";
import { TrpcProvider } from "../../_trpc/client.tsx";
import { Disclaimer } from "../../_ui/disclaimer.tsx";
import { Logo } from "../../_ui/logo.tsx";
import { InvitationForm } from "./invitation-form.tsx";

export const metadata: Metadata = { title: "Set your password" };

/** Where an invitation link leads: the person sets the password of the account, which nobody else has known. */
export default function InvitationPage() {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-6 px-6 py-10">
      <header className="flex items-center gap-3">
        <Logo className="size-9" />
        <div>
          <h1 className="text-lg font-semibold">Overread</h1>
          <p className="text-quiet">Set your password</p>
        </div>
      </header>
      <TrpcProvider>
        <InvitationForm />
      </TrpcProvider>
      <Disclaimer />
    </main>
  );
}
