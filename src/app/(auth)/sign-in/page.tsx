import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { pageActor } from "../../_trpc/actor.ts";
import { buttonClass } from "../../_ui/button.tsx";
import { Disclaimer } from "../../_ui/disclaimer.tsx";
import { Field } from "../../_ui/field.tsx";
import { Logo } from "../../_ui/logo.tsx";
import { signInProblem } from "./problem.ts";

export const metadata: Metadata = { title: "Sign in" };

type Search = Promise<Record<string, string | string[] | undefined>>;
const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** Only an address on this origin is followed after signing in. */
function landing(to: string | undefined): string {
  return to && /^\/(?![/\\])[\w\-./]*$/.test(to) ? to : "/";
}

/** A form that needs no script: the csrf field and its cookie come from proxy.ts. */
export default async function SignInPage({ searchParams }: { searchParams: Search }) {
  const search = await searchParams;
  if (await pageActor()) redirect(landing(one(search.to)));
  const csrfToken = (await headers()).get("x-csrf-token") ?? "";
  const problem = signInProblem(one(search.error), one(search.ended) !== undefined);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-6 px-6 py-10">
      <header className="flex items-center gap-3">
        <Logo className="size-9" />
        <div>
          <h1 className="text-lg font-semibold">Overread</h1>
          <p className="text-quiet">Teleradiology reading portal</p>
        </div>
      </header>
      {problem ? (
        <p
          role={problem.tone === "problem" ? "alert" : "status"}
          className={
            problem.tone === "problem"
              ? "rounded-md border border-stat/50 bg-stat-soft px-3 py-2"
              : "rounded-md border border-line bg-panel px-3 py-2"
          }
        >
          {problem.text}
        </p>
      ) : null}
      <form
        method="post"
        action="/api/auth/callback/credentials"
        className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5"
      >
        <input type="hidden" name="csrfToken" value={csrfToken} />
        <input type="hidden" name="callbackUrl" value={landing(one(search.to))} />
        <Field label="E-mail" name="email" type="email" autoComplete="username" required autoFocus spellCheck={false} />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        <Field
          label="Code of your authenticator app"
          name="totp"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={40}
          hint="Only if your account has one; a recovery code does too"
        />
        <button type="submit" className={buttonClass("primary", "h-10")}>
          Sign in
        </button>
      </form>
      <Disclaimer />
    </main>
  );
}
