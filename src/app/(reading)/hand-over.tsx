"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useTrpc, useTrpcClient } from "../_trpc/client.tsx";
import { appCodeOf, messageFor } from "../_trpc/errors.ts";
import type { Outputs, WorklistItem } from "../_trpc/types.ts";
import { Button } from "../_ui/button.tsx";
import { Dialog } from "../_ui/dialog.tsx";
import { TextField } from "../_ui/field.tsx";
import { Kbd } from "../_ui/kbd.tsx";
import { useZone, When } from "../_ui/now.tsx";
import { Problem } from "../_ui/problem.tsx";
import { useShortcuts } from "../_ui/shortcuts.ts";
import { Skeleton } from "../_ui/skeleton.tsx";
import { useToast } from "../_ui/toast.tsx";
import { forgetClaim, handOn, heldClaim, holdClaim } from "./claims.ts";

type Handover = NonNullable<Outputs["worklist"]["get"]["handover"]>;

/** Takes a case back that nobody has taken yet, and opens it again. */
function useTakeBack(): (caseId: string) => void {
  const client = useTrpcClient();
  const router = useRouter();
  const toast = useToast();
  return (caseId) =>
    void client.assignment.takeBack
      .mutate({ caseId })
      .then((claim) => {
        holdClaim(caseId, claim);
        router.push(`/studies/${caseId}`);
      })
      .catch((error: unknown) => toast(messageFor(error), { tone: "problem" }));
}

/** What the reader before said with the case. Its writer takes it back as long as nobody has taken it. */
export function HandoverNote({
  item,
  handover,
  userId,
}: {
  item: Pick<WorklistItem, "caseId" | "given" | "claimedBy" | "done">;
  handover: Handover;
  userId: string;
}) {
  const takeBack = useTakeBack();
  const { from, to, note, at } = handover;
  const { given, claimedBy, done } = item;
  const waits = to ? given?.id === to.id && given.as === "offer" : given === null;
  return (
    <div className="flex flex-col gap-1.5">
      <p className="border-l-2 border-accent pl-2 whitespace-pre-line select-text">{note}</p>
      <p className="text-xs text-quiet">
        {from.id === userId ? "You" : from.name} to {to ? (to.id === userId ? "you" : to.name) : "whoever is free"},{" "}
        <When at={at} />
      </p>
      {from.id === userId && waits && !claimedBy && !done ? (
        <Button className="self-start" onClick={() => takeBack(item.caseId)}>
          Take back and read
        </Button>
      ) : null}
    </div>
  );
}

/**
 * To whom, and what he should know.
 *
 * @param save brings what is typed to the server first; false: it could not, and the case stays.
 */
export function HandOverForm({
  caseId,
  save,
  onDone,
  onCancel,
}: {
  caseId: string;
  save: () => Promise<boolean>;
  onDone: () => void;
  onCancel: () => void;
}) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const toast = useToast();
  const timeZone = useZone();
  const takeBack = useTakeBack();
  const colleagues = useQuery(trpc.assignment.colleagues.queryOptions({ caseId, timeZone }, { staleTime: 0 }));
  const handOver = useMutation({
    mutationFn: async ({ toId, note }: { toId: string | null; note: string }) => {
      // A claim of another window of this reader has the same token.
      const claim = heldClaim(caseId) ?? (await client.worklist.claim.mutate({ caseId }));
      const undo = handOn(caseId);
      try {
        await client.assignment.handOver.mutate({ caseId, claimToken: claim.claimToken, toId, note });
      } catch (error) {
        undo();
        throw error;
      }
      forgetClaim(caseId);
    },
    onSuccess: (_, { toId }) => {
      const name = colleagues.data?.find(({ readerId }) => readerId === toId)?.name;
      toast(name ? `Offered to ${name}.` : "The case is free, with your note.", {
        action: { label: "Undo", run: () => takeBack(caseId) },
      });
      onDone();
    },
  });
  const [unsaved, setUnsaved] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const stays = !(await save());
    setUnsaved(stays);
    if (!stays) handOver.mutate({ toId: String(form.get("to") ?? "") || null, note: String(form.get("note") ?? "") });
  };
  return (
    <form
      aria-label="Hand the case over"
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        // What is typed here moves neither the list nor the images.
        event.stopPropagation();
        if (event.key === "Escape") onCancel();
      }}
      className="flex flex-col gap-3"
    >
      <TextField
        label="What the next reader should know"
        name="note"
        required
        minLength={3}
        maxLength={1000}
        rows={3}
        data-first
        autoFocus
        placeholder="Sagittals still to come. So far: no bleeding."
      />
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 text-[0.8125rem] font-medium">To</legend>
        <Choice value="" name="Whoever is free" words="The case is back on the list, with your note." first />
        {colleagues.data?.map((each) => (
          <Choice
            key={each.readerId}
            value={each.readerId}
            name={each.name}
            words={each.words}
            disabled={!each.mayHave}
          />
        ))}
        {colleagues.isPending ? <Skeleton className="h-12" /> : null}
        {colleagues.isError ? <Problem error={colleagues.error} /> : null}
      </fieldset>
      <p className="text-xs text-quiet">
        Your claim ends, the clock runs on, and a draft stays under your name until it is taken over.
      </p>
      {unsaved ? (
        <p role="alert" className="text-stat">
          Your text is not saved yet, so the case stays with you. Try again when it is.
        </p>
      ) : null}
      {appCodeOf(handOver.error) === "case.barred" ? (
        <p role="alert" className="text-stat">
          This colleague cannot have the case now. Choose another.
        </p>
      ) : (
        <Problem error={handOver.error} />
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={handOver.isPending}>
          Hand over
        </Button>
      </div>
    </form>
  );
}

function Choice({
  value,
  name,
  words,
  first = false,
  disabled = false,
}: {
  value: string;
  name: string;
  words: string;
  first?: boolean;
  disabled?: boolean;
}) {
  return (
    <label
      className={`flex items-start gap-2 rounded-md border border-line px-2.5 py-1.5 ${disabled ? "bg-ground" : "hover:bg-hover"}`}
    >
      <input type="radio" name="to" value={value} defaultChecked={first} disabled={disabled} className="mt-1" />
      <span className="min-w-0">
        <span className="font-medium">{name}</span>
        {disabled ? <span className="text-xs text-quiet"> · cannot have it</span> : null}
        <span className="block text-xs text-quiet">{words}</span>
      </span>
    </label>
  );
}

/** On the worklist: the reader hands over what he holds. */
export function HandOverAct({ item }: { item: WorklistItem }) {
  const [open, setOpen] = useState(false);
  useShortcuts({ x: () => setOpen(true) }, item.can.handOver && !open);
  if (!item.can.handOver) return null;
  const close = () => setOpen(false);
  return (
    <>
      <Button onClick={() => setOpen(true)} title="To a colleague, or to whoever is free, with a note">
        Hand over… <Kbd className="max-md:hidden">X</Kbd>
      </Button>
      <Dialog open={open} title="Hand the case over" onClose={close}>
        <HandOverForm caseId={item.caseId} save={() => Promise.resolve(true)} onDone={close} onCancel={close} />
      </Dialog>
    </>
  );
}
