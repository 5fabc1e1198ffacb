"use client";

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { msSinceKey, typingPauseMs } from "../_ui/activity.ts";
import { Button } from "../_ui/button.tsx";
import { Field } from "../_ui/field.tsx";
import { signInProblem } from "../(auth)/sign-in/problem.ts";
import { signInAgain, type Writer } from "./session-ended.ts";

/**
 * Signs the same person in again.
 *
 * @returns next-auth's error, or undefined when it worked
 * @throws {TypeError} without an answer
 */
async function signIn({ email, orgSlug }: Writer, form: FormData): Promise<string | undefined> {
  const { csrfToken } = (await (await fetch("/api/auth/csrf")).json()) as { csrfToken: string };
  const body = new URLSearchParams({ csrfToken, email, organization: orgSlug, callbackUrl: "/", json: "true" });
  for (const name of ["password", "totp"]) body.set(name, String(form.get(name) ?? ""));
  const answer = await fetch("/api/auth/callback/credentials", { method: "POST", body });
  const { url } = (await answer.json()) as { url: string };
  return new URL(url, window.location.origin).searchParams.get("error") ?? undefined;
}

/** Browsers restore the focus without the caret; keys would be lost until somebody clicks. */
function backTo(place: Element | null): void {
  if (!(place instanceof HTMLElement)) return;
  place.blur();
  place.focus();
  if (place instanceof HTMLTextAreaElement) place.setSelectionRange(place.selectionStart, place.selectionEnd);
}

/** The sign-in over unsaved text. It covers the page, since another person may sit there now. */
export function SignInAgain() {
  const writer = useSyncExternalStore(signInAgain.subscribe, signInAgain.writer, () => null);
  const queryClient = useQueryClient();
  const ref = useRef<HTMLDialogElement>(null);
  /** The focused element when the dialog opened. */
  const place = useRef<Element | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!writer) return ref.current?.close();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Keystrokes of an unfinished sentence must not go into the password field.
    const open = () => {
      const wait = typingPauseMs - msSinceKey();
      if (wait > 0) timer = setTimeout(open, wait);
      else {
        place.current = document.activeElement;
        ref.current?.showModal();
        ref.current?.querySelector<HTMLInputElement>('input[type="password"]')?.focus();
      }
    };
    open();
    return () => clearTimeout(timer);
  }, [writer]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!writer || busy) return;
    const form = event.currentTarget;
    setBusy(true);
    try {
      const refusal = await signIn(writer, new FormData(form));
      setProblem(signInProblem(refusal, false)?.text ?? null);
      if (refusal !== undefined) return;
      form.reset();
      ref.current?.close();
      backTo(place.current);
      signInAgain.done();
      void queryClient.invalidateQueries();
    } catch {
      setProblem("The portal did not answer. Your text is kept; check the connection and try again.");
    } finally {
      setBusy(false);
    }
  };

  return (
    <dialog
      ref={ref}
      aria-label="Sign in again"
      onCancel={(event) => event.preventDefault()}
      className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-lg border border-line bg-panel p-4 text-text shadow-float backdrop:bg-ground!"
    >
      {writer ? (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <h2 className="text-base font-semibold">Your session has ended</h2>
          <p>What you wrote is kept in this window. Sign in again to save it and go on.</p>
          {problem ? (
            <p role="alert" className="rounded-md border border-stat/60 bg-stat-soft px-2.5 py-1.5">
              {problem}
            </p>
          ) : null}
          <Field label="E-mail" name="email" type="email" value={writer.email} readOnly autoComplete="username" />
          <Field label="Password" name="password" type="password" autoComplete="current-password" required />
          <Field
            label="Code of your authenticator app"
            name="totp"
            autoComplete="one-time-code"
            maxLength={40}
            hint="Only if your account has one"
          />
          <Button type="submit" look="primary" disabled={busy}>
            {busy ? "Signing in" : "Sign in and go on"}
          </Button>
        </form>
      ) : null}
    </dialog>
  );
}
