"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { useNewPassword } from "../../_ui/new-password.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { Card } from "./card.tsx";

/** The change of the password; every other session of the account ends with it. */
export function PasswordCard() {
  const trpc = useTrpc();
  const toast = useToast();
  const factor = useQuery(trpc.session.secondFactor.get.queryOptions());
  const { fields, take } = useNewPassword();
  const change = useMutation(trpc.session.changePassword.mutationOptions());
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = (name: string) => String(new FormData(form).get(name) ?? "");
    const newPassword = take(form);
    if (newPassword === null) return;
    change.mutate(
      {
        password: text("password"),
        newPassword,
        ...(text("totp") ? { totp: text("totp") } : {}),
      },
      {
        onSuccess() {
          form.reset();
          toast("Your password is changed. Other sessions have ended.");
        },
      },
    );
  };
  return (
    <Card title="Password">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Present password" name="password" type="password" autoComplete="current-password" required />
        {fields}
        {factor.data?.enabled ? (
          <Field label="Code of your authenticator app" name="totp" autoComplete="one-time-code" required />
        ) : null}
        <Problem error={change.error} />
        <Button type="submit" look="primary" className="self-end" disabled={change.isPending}>
          Change password
        </Button>
      </form>
    </Card>
  );
}
