"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { encode } from "uqr";
import { useTrpc } from "../../_trpc/client.tsx";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { plural } from "../../_ui/format.ts";
import { Problem } from "../../_ui/problem.tsx";
import { Card } from "./card.tsx";

/** Sets up and takes away the authenticator app of the account. */
export function SecondFactorCard() {
  const trpc = useTrpc();
  const state = useQuery(trpc.session.secondFactor.get.queryOptions());
  const refresh = { onSuccess: () => void state.refetch() };
  const begin = useMutation(trpc.session.secondFactor.begin.mutationOptions());
  const confirm = useMutation(trpc.session.secondFactor.confirm.mutationOptions(refresh));
  const remove = useMutation(trpc.session.secondFactor.remove.mutationOptions(refresh));
  const submit = (act: (text: (name: string) => string) => void) => (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    act((name) => String(form.get(name) ?? ""));
  };
  const done = () => {
    begin.reset();
    confirm.reset();
  };

  if (confirm.data)
    return (
      <Card title="Second factor">
        <p>
          Your account now asks for a code. Keep these recovery codes apart from the phone: each signs you in once
          without it. They are not shown again.
        </p>
        <ul className="grid grid-cols-2 gap-x-4 gap-y-1 rounded-md border border-line bg-ground px-3 py-2 font-mono">
          {confirm.data.recoveryCodes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <Button look="primary" className="self-end" onClick={done}>
          I have kept them
        </Button>
      </Card>
    );
  if (begin.data)
    return (
      <Card title="Second factor">
        <p>Scan this with an authenticator app, then type the code that it shows.</p>
        <QrCode text={begin.data.uri} />
        <p className="text-xs text-quiet">
          Without a camera, type this secret:{" "}
          <span className="font-mono break-all select-all">{begin.data.secret}</span>
        </p>
        <form onSubmit={submit((text) => confirm.mutate({ code: text("code") }))} className="flex flex-col gap-4">
          <Field label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" required maxLength={12} />
          <Problem error={confirm.error} />
          <div className="flex justify-end gap-2">
            <Button onClick={done}>Cancel</Button>
            <Button type="submit" look="primary" disabled={confirm.isPending}>
              Turn on
            </Button>
          </div>
        </form>
      </Card>
    );
  const enabled = state.data?.enabled === true;
  return (
    <Card title="Second factor">
      <p>
        {enabled
          ? `Sign-in and signatures ask for a code of your authenticator app. ${plural(state.data?.recoveryCodesLeft ?? 0, "recovery code")} left.`
          : "An authenticator app gives a code beside your password, so that the password alone opens nothing."}
      </p>
      <form
        onSubmit={submit((text) =>
          enabled
            ? remove.mutate({ password: text("password"), totp: text("totp") })
            : begin.mutate({ password: text("password") }),
        )}
        className="flex flex-col gap-4"
      >
        <Field label="Your password" name="password" type="password" autoComplete="current-password" required />
        {enabled ? <Field label="Code" name="totp" autoComplete="one-time-code" required maxLength={40} /> : null}
        <Problem error={enabled ? remove.error : begin.error} />
        <Button type="submit" look={enabled ? "danger" : "primary"} className="self-end" disabled={!state.data}>
          {enabled ? "Turn off" : "Set up"}
        </Button>
      </form>
    </Card>
  );
}

/** Dark on white in both themes: that is what cameras expect. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg
      role="img"
      aria-label="QR code for the authenticator app"
      viewBox={`0 0 ${size} ${size}`}
      className="size-48 self-center rounded-md bg-white"
      shapeRendering="crispEdges"
    >
      <path d={path} fill="black" />
    </svg>
  );
}
