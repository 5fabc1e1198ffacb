"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import { Button, buttonClass } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { useNewPassword } from "../../_ui/new-password.tsx";
import { Problem } from "../../_ui/problem.tsx";

/** Reads the secret from behind the `#`, says whose account it is, and takes the password twice. */
export function InvitationForm() {
  const trpc = useTrpc();
  const [token, setToken] = useState("");
  const { fields, take } = useNewPassword();
  const { mutate: look, data: invited, error: problem } = useMutation(trpc.user.invitation.mutationOptions());
  const accept = useMutation(trpc.user.acceptInvitation.mutationOptions());
  useEffect(() => {
    const secret = window.location.hash.slice(1);
    setToken(secret);
    look({ token: secret });
  }, [look]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = take(event.currentTarget);
    const totp = String(new FormData(event.currentTarget).get("totp") ?? "");
    if (password !== null) accept.mutate({ token, password, ...(totp ? { totp } : {}) });
  };

  if (accept.data)
    return (
      <div className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5">
        <p role="status">Your password is set. Sign in as {accept.data.email}.</p>
        <a href="/sign-in" className={buttonClass("primary", "h-10")}>
          Go to sign-in
        </a>
      </div>
    );
  if (problem)
    return (
      <p role="alert" className="rounded-md border border-stat/50 bg-stat-soft px-3 py-2">
        {token === "" ? "This link is not whole. Open it exactly as it was sent to you." : messageFor(problem)}
      </p>
    );
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5">
      <p className="min-h-10">
        {invited ? `${invited.displayName}, at ${invited.orgName}. You will sign in as ${invited.email}.` : null}
      </p>
      {invited?.resets ? <p>With the new password every session of your account ends.</p> : null}
      {fields}
      {invited?.secondFactor ? (
        <Field
          label="Code of your authenticator app"
          name="totp"
          autoComplete="one-time-code"
          required
          maxLength={40}
          hint="Or one of your recovery codes"
        />
      ) : null}
      <Problem error={accept.error} />
      <Button type="submit" look="primary" className="h-10" disabled={!invited || accept.isPending}>
        Set the password
      </Button>
    </form>
  );
}
