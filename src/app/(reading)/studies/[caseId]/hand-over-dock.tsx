"use client";

import { useMutation } from "@tanstack/react-query";
import { Forward } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import type { Outputs } from "../../../_trpc/types.ts";
import { Button, IconButton } from "../../../_ui/button.tsx";
import { Field } from "../../../_ui/field.tsx";
import { Problem } from "../../../_ui/problem.tsx";
import { useShortcuts } from "../../../_ui/shortcuts.ts";
import { useToast } from "../../../_ui/toast.tsx";
import { HandOverForm, HandoverNote } from "../../hand-over.tsx";

type Case = Outputs["worklist"]["get"];

/** It is offered to this reader, who has not said yes: opening it is no answer. */
export const isOfferedTo = (userId: string, item: Pick<Case, "given" | "mine"> | undefined): boolean =>
  item?.given?.id === userId && item.given.as === "offer" && !item.mine;

/** Beside the claim's time: the way to hand the case over. */
export function HandOverButton({ onPress }: { onPress: () => void }) {
  useShortcuts({ x: onPress });
  return (
    <IconButton label="Hand over (X)" onClick={onPress} className="-my-1">
      <Forward className="size-4" />
    </IconButton>
  );
}

/** The note of the reader before with the answer to his offer, and the form to hand the case on. */
export function HandOverDock({
  item,
  userId,
  handing,
  save,
  onAccept,
  onClose,
}: {
  item: Case;
  userId: string;
  /** The form is open. */
  handing: boolean;
  save: () => Promise<boolean>;
  onAccept: () => void;
  onClose: () => void;
}) {
  const router = useRouter();
  const offered = isOfferedTo(userId, item);
  if (!handing && !item.handover && !offered) return null;
  return (
    <section
      aria-label="Handover"
      className={`shrink-0 overflow-y-auto border-b border-line px-3 py-2 text-[0.8125rem] ${handing ? "max-h-[70dvh]" : "max-h-[30dvh]"}`}
    >
      {handing ? (
        <HandOverForm
          caseId={item.caseId}
          save={save}
          onCancel={onClose}
          onDone={() => {
            onClose();
            // The case is a colleague's now: staying here would claim it again.
            router.push("/worklist");
          }}
        />
      ) : (
        <div className="flex flex-col gap-2">
          {item.handover ? <HandoverNote item={item} handover={item.handover} userId={userId} /> : null}
          {offered ? <Answer caseId={item.caseId} onAccept={onAccept} /> : null}
        </div>
      )}
    </section>
  );
}

function Answer({ caseId, onAccept }: { caseId: string; onAccept: () => void }) {
  const trpc = useTrpc();
  const toast = useToast();
  const router = useRouter();
  const [declining, setDeclining] = useState(false);
  const decline = useMutation(
    trpc.assignment.decline.mutationOptions({
      onSuccess: () => {
        toast("The case goes to the next reader.");
        router.push("/worklist");
      },
    }),
  );
  if (!declining)
    return (
      <div className="flex gap-2">
        <Button look="primary" onClick={onAccept}>
          Accept and read
        </Button>
        <Button look="quiet-danger" onClick={() => setDeclining(true)}>
          Decline…
        </Button>
      </div>
    );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    decline.mutate({ caseId, reason: String(new FormData(event.currentTarget).get("reason") ?? "") });
  };
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.stopPropagation()} className="flex flex-col gap-2">
      <Field
        label="Why you do not take it"
        name="reason"
        required
        minLength={3}
        maxLength={300}
        autoComplete="off"
        hint="For the audit trail. No names."
        autoFocus
      />
      <Problem error={decline.error} />
      <div className="flex gap-2">
        <Button type="submit" look="danger" disabled={decline.isPending}>
          Decline
        </Button>
        <Button onClick={() => setDeclining(false)}>Cancel</Button>
      </div>
    </form>
  );
}
