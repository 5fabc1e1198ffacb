"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../_trpc/client.tsx";
import type { Outputs, WorklistItem } from "../_trpc/types.ts";
import { Button } from "./button.tsx";
import { TextField } from "./field.tsx";
import { When } from "./now.tsx";
import { Problem } from "./problem.tsx";
import { useToast } from "./toast.tsx";

type Message = Outputs["worklist"]["get"]["messages"][number];

/** What the reader asked the site about a case and what the site answered, with the form for whose turn it is. */
export function SiteQuestions({
  item,
  messages,
  claimToken,
  onChanged,
}: {
  item: WorklistItem;
  messages: readonly Message[];
  /** Of one's own claim, which ends when the question stops the clock. */
  claimToken?: string | undefined;
  onChanged?: (() => void) | undefined;
}) {
  const [writing, setWriting] = useState(false);
  const mayWrite = item.can.answer || item.can.ask;
  if (messages.length === 0 && !mayWrite) return null;
  return (
    <div className="flex flex-col gap-2">
      {messages.map((message) => (
        <div key={message.messageId} className={message.kind === "answer" ? "border-l-2 border-done pl-2" : ""}>
          <p className="whitespace-pre-line">{message.text}</p>
          <p className="text-xs text-quiet">
            {message.by || (message.kind === "answer" ? "The site" : "The reader")}, <When at={message.at} />
            {message.stopsClock ? " · stopped the clock" : ""}
          </p>
        </div>
      ))}
      {item.can.answer ? (
        <AnswerForm item={item} onDone={onChanged} />
      ) : writing ? (
        <AskForm
          item={item}
          claimToken={claimToken}
          onDone={() => {
            setWriting(false);
            onChanged?.();
          }}
          onCancel={() => setWriting(false)}
        />
      ) : item.can.ask ? (
        <Button className="self-start" onClick={() => setWriting(true)}>
          Ask the site…
        </Button>
      ) : null}
    </div>
  );
}

function AnswerForm({ item, onDone }: { item: WorklistItem; onDone?: (() => void) | undefined }) {
  const trpc = useTrpc();
  const toast = useToast();
  const answer = useMutation(
    trpc.worklist.answer.mutationOptions({
      onSuccess: ({ resumed }) => {
        toast(resumed ? "Answered. The case is back on the reader's list." : "Answered.");
        onDone?.();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    answer.mutate({ caseId: item.caseId, text: String(new FormData(event.currentTarget).get("text") ?? "") });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <TextField label="Your answer" name="text" required minLength={3} maxLength={2000} rows={3} />
      <Problem error={answer.error} />
      <Button type="submit" look="primary" className="self-start" disabled={answer.isPending}>
        Answer
      </Button>
    </form>
  );
}

function AskForm({
  item,
  claimToken,
  onDone,
  onCancel,
}: {
  item: WorklistItem;
  claimToken: string | undefined;
  onDone: () => void;
  onCancel: () => void;
}) {
  const trpc = useTrpc();
  const toast = useToast();
  // A claim of another window is not given up from here.
  const mayStop = item.can.hold && (!item.mine || claimToken !== undefined);
  const ask = useMutation(
    trpc.worklist.ask.mutationOptions({
      onSuccess: (_, { stopsClock }) => {
        toast(stopsClock ? "Asked. The case is held until the site has answered." : "Asked. The clock runs on.");
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    ask.mutate({
      caseId: item.caseId,
      text: String(form.get("text") ?? ""),
      stopsClock: form.get("stopsClock") === "on",
      ...(claimToken ? { claimToken } : {}),
    });
  };
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => {
        // What is typed here moves neither the list nor the images.
        event.stopPropagation();
        if (event.key === "Escape") onCancel();
      }}
      className="flex flex-col gap-2"
    >
      <TextField
        label="Question to the site"
        name="text"
        required
        minLength={3}
        maxLength={2000}
        rows={3}
        autoFocus
        placeholder="Which side hurts? Is there an earlier CT?"
      />
      {mayStop ? (
        <label className="flex items-start gap-2">
          <input type="checkbox" name="stopsClock" className="mt-1" />
          <span>
            Stop the clock
            <span className="block text-xs text-quiet">
              The case is held{item.mine ? ", and your claim ends," : ""} until the site has answered.
            </span>
          </span>
        </label>
      ) : null}
      <Problem error={ask.error} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={ask.isPending}>
          Ask
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}
