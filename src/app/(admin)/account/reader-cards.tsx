"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { FailedState } from "../../_ui/empty-state.tsx";
import { Field, SelectField } from "../../_ui/field.tsx";
import { useZone } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { Endings } from "../readers/endings.tsx";
import { LicenceTable } from "../readers/licence-table.tsx";
import { PrivilegeTable } from "../readers/privilege-table.tsx";
import { NextShifts, ShiftChanges, WeeklyShifts } from "../readers/shift-lists.tsx";
import { Swaps } from "../readers/swaps.tsx";
import { Card } from "./card.tsx";

/** What the group keeps of a radiologist, for himself to read; a shift he may swap. */
export function ReaderCards() {
  const trpc = useTrpc();
  const query = useQuery(trpc.readers.own.queryOptions());
  const refresh = { onSuccess: () => void query.refetch() };
  const answer = useMutation(trpc.readers.answerSwap.mutationOptions(refresh));
  const withdraw = useMutation(trpc.readers.withdrawSwap.mutationOptions(refresh));
  const [asking, setAsking] = useState(false);
  if (query.error && !query.data)
    return (
      <Card title="As a reader">
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      </Card>
    );
  if (!query.data) return <Card title="As a reader">Loading</Card>;
  const own = query.data;
  return (
    <>
      <Endings endings={own.endings} />
      <Card title="Your licences">
        <LicenceTable licences={own.licences} />
        <p className="text-quiet">Your worklist manager keeps them. Tell them what is missing or wrong.</p>
      </Card>
      <Card title="Your privileges">
        <PrivilegeTable privileges={own.privileges} enforced={own.enforced} />
      </Card>
      <Card title="Your shifts">
        {own.profile.offRoster ? <p>You are on no roster: cases may come whenever you are signed in.</p> : null}
        <WeeklyShifts shifts={own.shifts} />
        <ShiftChanges changes={own.changes} />
        <NextShifts ahead={own.ahead} />
        <Swaps
          swaps={own.swaps}
          acts={(swap) => (
            <span className="inline-flex gap-2">
              {swap.can.answer ? (
                <>
                  <Button
                    look="primary"
                    disabled={answer.isPending}
                    onClick={() => answer.mutate({ swapId: swap.swapId, agrees: true })}
                  >
                    Agree
                  </Button>
                  <Button
                    disabled={answer.isPending}
                    onClick={() => answer.mutate({ swapId: swap.swapId, agrees: false })}
                  >
                    Refuse
                  </Button>
                </>
              ) : null}
              {swap.can.withdraw ? (
                <Button disabled={withdraw.isPending} onClick={() => withdraw.mutate({ swapId: swap.swapId })}>
                  Withdraw
                </Button>
              ) : null}
            </span>
          )}
        />
        <Problem error={answer.error ?? withdraw.error} />
        {own.colleagues.length > 0 ? (
          <Button className="self-start" onClick={() => setAsking(true)}>
            Ask for a swap
          </Button>
        ) : null}
      </Card>
      <Dialog open={asking} title="Ask for a swap" onClose={() => setAsking(false)}>
        <SwapForm
          colleagues={own.colleagues}
          onAsked={() => {
            setAsking(false);
            void query.refetch();
          }}
        />
      </Dialog>
    </>
  );
}

function SwapForm({
  colleagues,
  onAsked,
}: {
  colleagues: { userId: string; displayName: string }[];
  onAsked: () => void;
}) {
  const trpc = useTrpc();
  const zone = useZone();
  const ask = useMutation(trpc.readers.askSwap.mutationOptions({ onSuccess: onAsked }));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const moment = (name: string) => {
      const text = String(form.get(name) ?? "");
      return text ? new Date(text).toISOString() : "";
    };
    const back = { startsAt: moment("returnStartsAt"), endsAt: moment("returnEndsAt") };
    ask.mutate({
      toUserId: String(form.get("toUserId")),
      startsAt: moment("startsAt"),
      endsAt: moment("endsAt"),
      inReturn: back.startsAt && back.endsAt ? back : null,
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <SelectField label="Ask" name="toUserId" data-first>
        {colleagues.map(({ userId, displayName }) => (
          <option key={userId} value={userId}>
            {displayName}
          </option>
        ))}
      </SelectField>
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-2 font-medium">To read instead of you</legend>
        <Field label="From" name="startsAt" type="datetime-local" required hint={`Your time, ${zone}`} />
        <Field label="Until" name="endsAt" type="datetime-local" required />
      </fieldset>
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-2 font-medium">And you in return (may be left empty)</legend>
        <Field label="From" name="returnStartsAt" type="datetime-local" />
        <Field label="Until" name="returnEndsAt" type="datetime-local" />
      </fieldset>
      <Problem error={ask.error} />
      <Button type="submit" look="primary" className="self-end" disabled={ask.isPending}>
        Ask
      </Button>
    </form>
  );
}
