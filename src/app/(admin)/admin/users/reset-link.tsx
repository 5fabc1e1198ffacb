"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import type { StaffMember } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { Dialog } from "../../../_ui/dialog.tsx";
import { Field } from "../../../_ui/field.tsx";
import { Problem } from "../../../_ui/problem.tsx";
import { InvitationLink } from "./invitation-link.tsx";

/** Makes a link for a person who forgot the password; asks for the administrator's own first. */
export function ResetLink({ person, onClose }: { person: StaffMember | null; onClose: () => void }) {
  return (
    <Dialog open={person !== null} onClose={onClose} title={`A new password for ${person?.displayName ?? ""}`}>
      {person ? <Making person={person} onDone={onClose} /> : null}
    </Dialog>
  );
}

function Making({ person, onDone }: { person: StaffMember; onDone: () => void }) {
  const trpc = useTrpc();
  const factor = useQuery(trpc.session.secondFactor.get.queryOptions());
  const make = useMutation(trpc.user.resetLink.mutationOptions());
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    make.mutate({
      userId: person.userId,
      password: text("password"),
      ...(text("totp") ? { totp: text("totp") } : {}),
    });
  };
  if (make.data) return <InvitationLink invitation={make.data} onDone={onDone} />;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <p>
        You get a link to pass on. The present password works until the link is used; then every session of the account
        ends, and a second factor is still asked for. {person.displayName} is told that you made it.
      </p>
      <Field label="Your own password" name="password" type="password" autoComplete="current-password" required />
      {factor.data?.enabled ? (
        <Field label="Code of your authenticator app" name="totp" autoComplete="one-time-code" required />
      ) : null}
      <Problem error={make.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" disabled={make.isPending}>
          Make the link
        </Button>
      </div>
    </form>
  );
}
