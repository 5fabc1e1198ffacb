"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { WorklistItem } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { ReasonDialog } from "../../_ui/reason-dialog.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { HandOverAct } from "../hand-over.tsx";
import { useReadTogether } from "../read-together.tsx";
import { AssignButton } from "./given.tsx";
import { PriorityAct } from "./priority-act.tsx";

/** Moves a case off the list and back again, as far as the caller may: each act has its way back. */
export function CaseActs({ item }: { item: WorklistItem }) {
  const trpc = useTrpc();
  const toast = useToast();
  const [cancelling, setCancelling] = useState(false);
  const say = (words: string, undo?: () => void) =>
    toast(words, undo ? { action: { label: "Undo", run: undo } } : undefined);
  const onError = (error: unknown) => toast(messageFor(error), { tone: "problem" });
  const reinstate = useMutation(
    trpc.worklist.reinstate.mutationOptions({ onSuccess: () => say("The case is back where it was."), onError }),
  );
  const cancel = useMutation(
    trpc.worklist.cancel.mutationOptions({
      onSuccess: (_, { caseId }) => {
        setCancelling(false);
        say("The case is cancelled: nobody reads it.", () => reinstate.mutate({ caseId }));
      },
    }),
  );
  const release = useMutation(
    trpc.worklist.release.mutationOptions({ onSuccess: () => say("The case is back on the list."), onError }),
  );
  const resume = useMutation(
    trpc.worklist.resume.mutationOptions({ onSuccess: () => say("The case is back on the list."), onError }),
  );
  const { readAlone } = useReadTogether();
  const { caseId, can, mine } = item;
  const mayRelease = can.release && !mine;
  const mayPrioritize = can.raisePriority || can.lowerPriority || can.undoPriority;
  if (
    !mayRelease &&
    !can.handOver &&
    !mayPrioritize &&
    !can.assign &&
    !can.resume &&
    !can.cancel &&
    !can.reinstate &&
    !can.readAlone
  )
    return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {mayRelease ? (
        <Button
          onClick={() => release.mutate({ caseId })}
          disabled={release.isPending}
          title="Takes the case from its reader; what is drafted stays"
        >
          Put back on the list
        </Button>
      ) : null}
      <HandOverAct item={item} />
      <PriorityAct item={item} />
      {can.assign ? <AssignButton item={item} /> : null}
      {can.readAlone && !mine ? (
        <Button
          onClick={() => readAlone({ caseId })}
          title="It is read by itself again; the text stays with the case that it was read with"
        >
          Take out
        </Button>
      ) : null}
      {can.resume ? (
        <Button
          onClick={() => resume.mutate({ caseId })}
          disabled={resume.isPending}
          title="Ends the hold; the due time moves by as long as it lasted"
        >
          Resume
        </Button>
      ) : null}
      {can.reinstate ? (
        <Button onClick={() => reinstate.mutate({ caseId })} disabled={reinstate.isPending}>
          Reinstate
        </Button>
      ) : null}
      {can.cancel ? (
        <Button look="quiet-danger" onClick={() => setCancelling(true)}>
          Cancel case…
        </Button>
      ) : null}
      <ReasonDialog
        open={cancelling}
        title="Cancel the case"
        label="Why nobody is to read it"
        confirm="Cancel the case"
        pending={cancel.isPending}
        error={cancel.error}
        onClose={() => {
          setCancelling(false);
          cancel.reset();
        }}
        onDecide={(reason) => cancel.mutate({ caseId, reason })}
      >
        Images and a draft stay. Whoever reads it loses the claim. It can be reinstated.
      </ReasonDialog>
    </div>
  );
}
