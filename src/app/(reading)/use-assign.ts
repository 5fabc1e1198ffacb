"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTrpc } from "../_trpc/client.tsx";
import { appCodeOf, messageFor } from "../_trpc/errors.ts";
import { useToast } from "../_ui/toast.tsx";

export type Reader = { id: string; name: string };
/** To whom a case is given: what a person assigned can be given back to him, an offer of the rules is made by the rules. */
export type Given = Reader & { as: "offer" | "assignment" };

/** Assigns a case and takes it back, each with its way back. What another lead has done meanwhile no undo takes away. */
export function useAssign() {
  const trpc = useTrpc();
  const toast = useToast();
  const queryClient = useQueryClient();
  const onError = (error: unknown) =>
    toast(
      appCodeOf(error) === "case.barred"
        ? "That reader must not read this case. The assign menu says why."
        : messageFor(error),
      { tone: "problem" },
    );
  const onSettled = () => {
    for (const router of [trpc.board, trpc.worklist, trpc.assignment])
      void queryClient.invalidateQueries({ queryKey: router.pathKey() });
  };
  const give = useMutation(trpc.assignment.assign.mutationOptions({ onError, onSettled }));
  const take = useMutation(trpc.assignment.unassign.mutationOptions({ onError, onSettled }));

  const assign = (caseId: string, { id, name }: Reader, was: Given | null) =>
    give.mutate(
      { caseId, readerId: id },
      {
        onSuccess: () => {
          const undo =
            was?.as === "assignment"
              ? () =>
                  give.mutate(
                    { caseId, readerId: was.id, from: id },
                    { onSuccess: () => toast(`Assigned to ${was.name} again.`) },
                  )
              : () =>
                  take.mutate(
                    { caseId, from: id },
                    { onSuccess: () => toast("The case is nobody's again; the rules are asked anew.") },
                  );
          toast(`Assigned to ${name}.`, { action: { label: "Undo", run: undo } });
        },
      },
    );
  const takeBack = (caseId: string, was: Given) =>
    take.mutate(
      { caseId, from: was.id },
      {
        onSuccess: () =>
          toast(
            "The case is nobody's; the rules are asked anew.",
            was.as === "assignment"
              ? {
                  action: {
                    label: "Undo",
                    run: () =>
                      give.mutate(
                        { caseId, readerId: was.id },
                        { onSuccess: () => toast(`Assigned to ${was.name} again.`) },
                      ),
                  },
                }
              : undefined,
          ),
      },
    );
  return { assign, takeBack, pending: give.isPending || take.isPending };
}
