"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { WorklistItem } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Kbd } from "../../_ui/kbd.tsx";
import { ReasonDialog } from "../../_ui/reason-dialog.tsx";
import { useShortcuts } from "../../_ui/shortcuts.ts";
import { useToast } from "../../_ui/toast.tsx";

/** Holds a case that nobody reads, with a reason, and resumes it. */
export function HoldAct({ item }: { item: WorklistItem }) {
  const trpc = useTrpc();
  const toast = useToast();
  const [holding, setHolding] = useState(false);
  const { caseId, can } = item;
  const resume = useMutation(
    trpc.worklist.resume.mutationOptions({
      onSuccess: () => toast("The case is back on the list."),
      onError: (error) => toast(messageFor(error), { tone: "problem" }),
    }),
  );
  const hold = useMutation(
    trpc.worklist.hold.mutationOptions({
      onSuccess: () => {
        setHolding(false);
        toast("The case is held: its clock stands still.", {
          action: { label: "Undo", run: () => resume.mutate({ caseId }) },
        });
      },
    }),
  );
  const ask = () => {
    hold.reset();
    setHolding(true);
  };
  useShortcuts({ h: () => (can.hold ? ask() : resume.mutate({ caseId })) }, (can.hold || can.resume) && !holding);
  return (
    <>
      {can.hold ? (
        <Button onClick={ask} title="Stops the clock until it is resumed">
          Hold… <Kbd className="max-md:hidden">H</Kbd>
        </Button>
      ) : null}
      {can.resume ? (
        <Button
          onClick={() => resume.mutate({ caseId })}
          disabled={resume.isPending}
          title="Ends the hold; the due time moves by as long as it lasted"
        >
          Resume <Kbd className="max-md:hidden">H</Kbd>
        </Button>
      ) : null}
      <ReasonDialog
        open={holding}
        title="Hold the case"
        label="What it waits for"
        confirm="Hold"
        hint="The hospital and every reader see it on the case. No names."
        pending={hold.isPending}
        error={hold.error}
        onClose={() => setHolding(false)}
        onDecide={(reason) => hold.mutate({ caseId, reason })}
      >
        Nobody reads it until it is resumed. Its clock stands still meanwhile.
      </ReasonDialog>
    </>
  );
}
