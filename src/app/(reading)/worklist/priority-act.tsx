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

const classes = ["routine", "urgent", "stat"] as const;
const words = { routine: "Routine", urgent: "Urgent", stat: "STAT" };

/** Changes how soon a case is to be read, with a reason, and takes it back. */
export function PriorityAct({ item }: { item: WorklistItem }) {
  const trpc = useTrpc();
  const toast = useToast();
  const { caseId, can } = item;
  const at = classes.indexOf(item.priority);
  const offered = classes.filter((_, n) => (n > at && can.raisePriority) || (n < at && can.lowerPriority));
  const [deciding, setDeciding] = useState(false);
  const [chosen, setChosen] = useState<(typeof classes)[number] | null>(null);
  const undo = useMutation(
    trpc.worklist.undoPriority.mutationOptions({
      onSuccess: ({ priority }) => toast(`${words[priority]} again, as the hospital asked.`),
      onError: (error) => toast(messageFor(error), { tone: "problem" }),
    }),
  );
  const decide = useMutation(
    trpc.worklist.decidePriority.mutationOptions({
      onSuccess: ({ priority, decidedAt }) => {
        setDeciding(false);
        toast(`${words[priority]} now; the due time follows the contract.`, {
          action: { label: "Undo", run: () => undo.mutate({ caseId, decidedAt }) },
        });
      },
    }),
  );
  const ask = () => {
    setChosen(offered.at(-1) ?? null);
    decide.reset();
    setDeciding(true);
  };
  useShortcuts({ p: ask }, offered.length > 0 && !deciding);
  if (offered.length === 0 && !can.undoPriority) return null;
  return (
    <>
      {offered.length > 0 ? (
        <Button onClick={ask} title="Changes how soon it is to be read">
          Priority… <Kbd className="max-md:hidden">P</Kbd>
        </Button>
      ) : null}
      {can.undoPriority ? (
        <Button
          onClick={() => undo.mutate({ caseId, decidedAt: item.decided?.at })}
          disabled={undo.isPending}
          title={item.decided?.reason}
        >
          As the hospital asked
        </Button>
      ) : null}
      <ReasonDialog
        open={deciding}
        title="Change the priority"
        label="Why"
        hint="The hospital and every reader see it on the case. No names."
        confirm={chosen ? `Make it ${words[chosen]}` : "Change"}
        pending={decide.isPending}
        error={decide.error}
        onClose={() => setDeciding(false)}
        onDecide={(reason) => chosen && decide.mutate({ caseId, priority: chosen, reason })}
      >
        <span className="flex flex-wrap gap-2">
          {offered.map((each) => (
            <Button
              key={each}
              look={each === chosen ? "primary" : "plain"}
              aria-pressed={each === chosen}
              onClick={() => setChosen(each)}
            >
              {words[each]}
            </Button>
          ))}
        </span>
        <span className="mt-2 block">
          It is {words[item.priority]} now. The due time is computed again under the contract, and the hospital sees the
          reason.
        </span>
      </ReasonDialog>
    </>
  );
}
