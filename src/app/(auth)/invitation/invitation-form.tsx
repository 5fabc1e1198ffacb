"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { sentenceFor } from "../../_trpc/errors.ts";
import { Button, buttonClass } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";

/** Reads the secret from behind the `#`, says whose account it is, and takes the password twice. */
export function InvitationForm() {
  const trpc = useTrpc();
  const [token, setToken] = useState("");
  const [differ, setDiffer] = useState(false);
  const { mutate: look, data: invited, error: problem } = useMutation(trpc.user.invitation.mutationOptions());
  const accept = useMutation(trpc.user.acceptInvitation.mutationOptions());
  useEffect(() => {
    const secret = window.location.hash.slice(1);
    setToken(secret);
    look({ token: secret });
  }, [look]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = String(form.get("new-password") ?? "");
    const same = password === String(form.get("again") ?? "");
    setDiffer(!same);
    if (same) accept.mutate({ token, password });
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
        {token === "" ? "This link is not whole. Open it exactly as it was sent to you." : sentenceFor(problem)}
      </p>
    );
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5">
      <p className="min-h-10">
        {invited ? `${invited.displayName}, at ${invited.orgName}. You will sign in as ${invited.email}.` : null}
      </p>
      <Field
        label="New password"
        name="new-password"
        type="password"
        autoComplete="new-password"
        required
        minLength={12}
        hint="At least 12 characters; several words that do not belong together are good"
      />
      <Field
        label="The same once more"
        name="again"
        type="password"
        autoComplete="new-password"
        required
        error={differ ? "The two are not the same." : undefined}
      />
      {accept.error ? (
        <p role="alert" className="text-stat">
          {sentenceFor(accept.error)}
        </p>
      ) : null}
      <Button type="submit" look="primary" className="h-10" disabled={!invited || accept.isPending}>
        Set the password
      </Button>
    </form>
  );
}
