"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Me } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { useZone } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { Card } from "./card.tsx";

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
const minuteOf = (text: string): number | null => {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(text) ?? [];
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
};

/** Where else than on the screen the person is told: by mail, outside quiet hours. */
export function NoticesCard({ me }: { me: Me }) {
  const trpc = useTrpc();
  const toast = useToast();
  const zone = useZone();
  const mail = useQuery(trpc.notice.mail.get.queryOptions());
  const ways = useQuery(trpc.notice.ways.queryOptions());
  const refresh = () => void mail.refetch();
  const save = useMutation(
    trpc.notice.mail.save.mutationOptions({
      onSuccess: ({ codeSent }) => {
        toast(codeSent ? "A code is on its way to that address." : "Saved.");
        refresh();
      },
    }),
  );
  const verify = useMutation(trpc.notice.mail.verify.mutationOptions({ onSuccess: refresh }));
  const forget = useMutation(trpc.notice.mail.forget.mutationOptions({ onSuccess: refresh }));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const from = minuteOf(String(form.get("from") ?? ""));
    const until = minuteOf(String(form.get("until") ?? ""));
    save.mutate({
      address: String(form.get("address") ?? "").trim(),
      quiet: from === null || until === null ? null : { from, until },
      timeZone: zone,
    });
  };
  const own = mail.data;
  return (
    <Card title="Notices">
      <p>
        What you are told stands under the bell on every page.
        {ways.data?.mail ? <> It can come by mail as well, without anything of a patient&rsquo;s.</> : null}
      </p>
      {ways.data && !ways.data.mail ? (
        <p className="text-quiet">No mails come from this portal: whoever runs it has set up no mail server.</p>
      ) : null}
      {mail.isSuccess && ways.data?.mail ? (
        <form key={own?.address ?? ""} onSubmit={submit} className="flex flex-col gap-4">
          <Field
            label="Mail address for notices"
            name="address"
            type="email"
            required
            maxLength={254}
            defaultValue={own?.address ?? me.user.email}
          />
          <div className="grid grid-cols-2 gap-4">
            <Field label="Quiet from" name="from" type="time" defaultValue={own?.quiet ? clock(own.quiet.from) : ""} />
            <Field
              label="Quiet until"
              name="until"
              type="time"
              defaultValue={own?.quiet ? clock(own.quiet.until) : ""}
            />
          </div>
          <p className="text-xs text-quiet">
            In quiet hours mails, and notices in browsers, wait until they end; what a colleague has seen meanwhile is
            not sent.
          </p>
          <Problem error={save.error ?? forget.error} />
          <div className="flex justify-end gap-2">
            {own ? (
              <Button look="quiet-danger" disabled={forget.isPending} onClick={() => forget.mutate()}>
                No mails
              </Button>
            ) : null}
            <Button type="submit" look="primary" disabled={save.isPending}>
              {own ? "Save" : "Send mails"}
            </Button>
          </div>
        </form>
      ) : null}
      {own && !own.verified && ways.data?.mail ? (
        <CodeForm
          wrong={verify.data?.verified === false}
          error={verify.error}
          pending={verify.isPending}
          onCode={(code) => verify.mutate({ code })}
        />
      ) : null}
      {own?.verified && ways.data?.mail ? <p className="text-quiet">Mails go to {own.address}.</p> : null}
    </Card>
  );
}

function CodeForm({
  wrong,
  error,
  pending,
  onCode,
}: {
  wrong: boolean;
  error: Parameters<typeof Problem>[0]["error"];
  pending: boolean;
  onCode: (code: string) => void;
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get("code") ?? "").trim());
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 border-t border-line pt-4">
      <Field
        label="Code from the mail"
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="\d{6}"
        required
        maxLength={6}
      />
      {wrong ? (
        <p role="alert" className="text-stat">
          That is not the code, or it is too old. Save the address again for a new one.
        </p>
      ) : null}
      <Problem error={error} />
      <Button type="submit" className="self-end" disabled={pending}>
        It is my address
      </Button>
    </form>
  );
}

/** Where the organisation's own systems are told, for whoever may set it. */
export function WebhookCard() {
  const trpc = useTrpc();
  const webhook = useQuery(trpc.notice.webhook.get.queryOptions());
  const [secret, setSecret] = useState<string | null>(null);
  const refresh = () => void webhook.refetch();
  const save = useMutation(
    trpc.notice.webhook.save.mutationOptions({
      onSuccess: (made) => {
        setSecret(made.secret);
        refresh();
      },
    }),
  );
  const forget = useMutation(
    trpc.notice.webhook.forget.mutationOptions({
      onSuccess: () => {
        setSecret(null);
        refresh();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate({ url: String(new FormData(event.currentTarget).get("url") ?? "").trim() });
  };
  return (
    <Card title="Webhook of the organisation">
      <p>Every notice to somebody here is also sent to this address: codes and ids, signed with a secret of its own.</p>
      {secret ? (
        <p>
          The secret, shown this once: <span className="font-mono break-all select-all">{secret}</span>
        </p>
      ) : null}
      {webhook.isSuccess ? (
        <form key={webhook.data?.url ?? ""} onSubmit={submit} className="flex flex-col gap-4">
          <Field
            label="Address (https)"
            name="url"
            type="url"
            required
            maxLength={500}
            defaultValue={webhook.data?.url ?? ""}
          />
          <Problem error={save.error ?? forget.error} />
          <div className="flex justify-end gap-2">
            {webhook.data ? (
              <Button look="quiet-danger" disabled={forget.isPending} onClick={() => forget.mutate()}>
                Send nothing
              </Button>
            ) : null}
            <Button type="submit" disabled={save.isPending}>
              {webhook.data ? "Save, with a new secret" : "Save"}
            </Button>
          </div>
        </form>
      ) : (
        <Problem error={webhook.error} />
      )}
    </Card>
  );
}
