"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { WorklistItem } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { formatWhen } from "../../_ui/format.ts";
import { useNow, useZone } from "../../_ui/now.tsx";
import { ReasonDialog } from "../../_ui/reason-dialog.tsx";
import { Skeleton } from "../../_ui/skeleton.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { AssignMenu } from "../assign-menu.tsx";
import { useAssign } from "../use-assign.ts";

/** Whose a case is before it is claimed, with what each may do about it: the reader answers and asks why, the lead assigns. */
export function GivenLine({ item, userId }: { item: WorklistItem; userId: string }) {
  const now = useNow();
  const zone = useZone();
  const { given, drawn } = item;
  if (!given)
    return drawn ? (
      <p className="text-[0.8125rem] text-quiet">Nobody chooses this case: it comes to who asks for the next one.</p>
    ) : null;
  const who = given.id === userId ? "you" : given.name;
  return (
    <p className="text-[0.8125rem]">
      {given.as === "offer" ? "Offered to " : "Assigned to "}
      <span className="font-medium">{who}</span>
      {given.until ? ` until ${formatWhen(given.until, now, zone)}` : ""}
      <span className="text-quiet">{given.byRule ? ", by a rule" : given.by ? ` by ${given.by}` : ""}</span>
    </p>
  );
}

/** Buttons of the reader to whom it is given. */
export function AnswerButtons({ item, userId }: { item: WorklistItem; userId: string }) {
  const trpc = useTrpc();
  const toast = useToast();
  const queryClient = useQueryClient();
  const [declining, setDeclining] = useState(false);
  // Said when the list shows it: until then the answered button has the focus, and the next Enter would answer once more.
  const renewed = () => queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() });
  const accept = useMutation(
    trpc.assignment.accept.mutationOptions({
      async onSuccess() {
        await renewed();
        toast("The case is yours.");
      },
      async onError(error) {
        toast(messageFor(error), { tone: "problem" });
        await renewed();
      },
    }),
  );
  const decline = useMutation(
    trpc.assignment.decline.mutationOptions({
      async onSuccess() {
        setDeclining(false);
        await renewed();
        toast("The case goes to the next reader.");
      },
      onError: renewed,
    }),
  );
  const { caseId, given, mine } = item;
  if (given?.id !== userId || mine) return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {given.as === "offer" ? (
        <Button onClick={() => accept.mutate({ caseId })} disabled={accept.isPending}>
          Accept
        </Button>
      ) : null}
      <Button look="quiet-danger" onClick={() => setDeclining(true)}>
        Decline…
      </Button>
      <ReasonDialog
        open={declining}
        title="Decline the case"
        label="Why you do not take it"
        confirm="Decline"
        pending={decline.isPending}
        error={decline.error}
        onClose={() => {
          setDeclining(false);
          decline.reset();
        }}
        onDecide={(reason) => decline.mutate({ caseId, reason })}
      >
        It goes to the next reader, and is not offered to you again.
      </ReasonDialog>
    </div>
  );
}

/** Why it is his, or why it cannot be: asked when it is opened. */
export function WhyMe({ caseId }: { caseId: string }) {
  const trpc = useTrpc();
  const timeZone = useZone();
  const [open, setOpen] = useState(false);
  const why = useQuery(trpc.assignment.whyMe.queryOptions({ caseId, timeZone }, { enabled: open }));
  return (
    <details className="text-[0.8125rem]" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer text-xs font-medium text-quiet">Why me, or why not</summary>
      <div className="pt-1.5">
        {why.data ? <p>{why.data.words}</p> : null}
        {why.isError ? <p className="text-quiet">{messageFor(why.error)}</p> : null}
        {why.isPending && open ? <Skeleton className="h-8" /> : null}
      </div>
    </details>
  );
}

/** The lead's menu: every reader of the group, who may first, and what is in the way of the others. */
export function AssignButton({ item }: { item: WorklistItem }) {
  const [open, setOpen] = useState(false);
  const { assign, takeBack, pending } = useAssign();
  const { caseId, given } = item;
  return (
    <>
      <Button onClick={() => setOpen(true)}>Assign…</Button>
      {given ? (
        <Button onClick={() => takeBack(caseId, given)} disabled={pending}>
          Take back
        </Button>
      ) : null}
      <Dialog open={open} title="Assign the case" onClose={() => setOpen(false)}>
        <AssignMenu
          caseId={caseId}
          onChosen={(reader) => {
            setOpen(false);
            assign(caseId, reader, given);
          }}
        />
      </Dialog>
    </>
  );
}
