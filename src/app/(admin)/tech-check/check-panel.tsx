"use client";

import { siteDocuments } from "@overread/shared/site-documents";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { Button, buttonClass } from "../../_ui/button.tsx";
import { DocumentField } from "../../_ui/document-field.tsx";
import { FailedState } from "../../_ui/empty-state.tsx";
import { Exam } from "../../_ui/exam.tsx";
import { SelectField, TextField } from "../../_ui/field.tsx";
import { formatDicomDate } from "../../_ui/format.ts";
import { When } from "../../_ui/now.tsx";
import { OrderLines } from "../../_ui/order-lines.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { ReasonDialog } from "../../_ui/reason-dialog.tsx";
import { documentKinds } from "../../_ui/send-document.ts";
import { TechCheckLine } from "../../_ui/site-notes.tsx";
import { SiteQuestions } from "../../_ui/site-questions.tsx";
import { Skeleton } from "../../_ui/skeleton.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { CheckImages } from "./check-images.tsx";

type Opened = Outputs["techCheck"]["open"];
/** The history as it is typed; undefined: nothing was typed that is not saved. */
type Writing = { draft: string | undefined; onDraft: (text: string | undefined) => void };

/** One study as its technologist checks it. */
export function CheckPanel({ caseId, onDone, ...writing }: { caseId: string; onDone: () => void } & Writing) {
  const trpc = useTrpc();
  const query = useQuery(trpc.techCheck.open.queryOptions({ caseId }));
  if (query.isError && !query.data)
    return <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton className="h-64" />;
  return <Check opened={query.data} onChanged={() => void query.refetch()} onDone={onDone} {...writing} />;
}

function Check({
  opened,
  onChanged,
  onDone,
  ...writing
}: { opened: Opened; onChanged: () => void; onDone: () => void } & Writing) {
  const { item, images, orders, messages } = opened;
  return (
    <section aria-label="Check" className="flex min-w-0 flex-col gap-4 rounded-lg border border-line bg-panel p-4">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-base font-semibold">{item.patientName || "Name not given"}</h2>
          <p className="text-quiet">
            {[
              item.patientId && `ID ${item.patientId}`,
              formatDicomDate(item.patientBirthDate),
              item.patientSex,
              item.accessionNumber && `Accession ${item.accessionNumber}`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
          <p className="text-quiet">
            <Exam modalities={item.modalities} description={item.studyDescription} /> · {item.facility}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {item.can.read ? (
            <Link href={`/studies/${item.caseId}`} className={buttonClass("quiet")}>
              Open the images
            </Link>
          ) : null}
          <Stat opened={opened} onChanged={onChanged} />
          <Complete opened={opened} onChanged={onChanged} onDone={onDone} {...writing} />
        </div>
      </header>
      {item.techCheck ? <TechCheckLine check={item.techCheck} /> : null}
      <Part
        title={`Images: ${item.images.received}${item.images.expected ? ` of ${item.images.expected} expected` : " received"}`}
      >
        {item.images.refused + item.images.damaged + item.quarantined > 0 ? (
          <p className="text-urgent">
            {[
              item.images.refused > 0 && `${item.images.refused} refused`,
              item.images.damaged > 0 && `${item.images.damaged} damaged`,
              item.quarantined > 0 && `${item.quarantined} set aside`,
            ]
              .filter(Boolean)
              .join(", ")}
            . Send them again from the modality.
          </p>
        ) : null}
        {images ? (
          <CheckImages studyInstanceUid={item.studyInstanceUid} images={images} />
        ) : (
          <p className="text-quiet">Your account opens no images.</p>
        )}
      </Part>
      {orders.length > 0 ? (
        <Part title="Ordered">
          <OrderLines orders={orders} />
        </Part>
      ) : null}
      <Part title="History and clinical information">
        <History opened={opened} onChanged={onChanged} {...writing} />
      </Part>
      <Part title="Documents">
        <Documents opened={opened} onChanged={onChanged} />
      </Part>
      {messages.length > 0 ? (
        <Part title="The reader's questions">
          <SiteQuestions item={item} messages={messages} onChanged={onChanged} />
        </Part>
      ) : null}
    </section>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-2">
      <h3 className="font-medium">{title}</h3>
      {children}
    </div>
  );
}

function Complete({
  opened: { item },
  onChanged,
  onDone,
  draft,
  onDraft,
}: {
  opened: Opened;
  onChanged: () => void;
  onDone: () => void;
} & Writing) {
  const trpc = useTrpc();
  const toast = useToast();
  const save = useMutation(trpc.techCheck.saveHistory.mutationOptions({ onSuccess: () => onDraft(undefined) }));
  const undo = useMutation(trpc.techCheck.undo.mutationOptions({ onSuccess: onChanged }));
  const complete = useMutation(
    trpc.techCheck.complete.mutationOptions({
      onSuccess: () => {
        toast("Complete. Its reader sees that you have checked it.", {
          action: { label: "Undo", run: () => undo.mutate({ caseId: item.caseId }) },
        });
        onDone();
      },
    }),
  );
  const error = save.error ?? complete.error ?? undo.error;
  /** With what is typed and not saved yet. */
  const finish = async () => {
    if (draft !== undefined) await save.mutateAsync({ caseId: item.caseId, text: draft });
    complete.mutate({ caseId: item.caseId });
  };
  if (!item.can.techCheck) return null;
  return (
    <>
      {item.techCheck?.state === "complete" ? (
        <Button disabled={undo.isPending} onClick={() => undo.mutate({ caseId: item.caseId })}>
          Not complete
        </Button>
      ) : (
        <Button
          look="primary"
          disabled={save.isPending || complete.isPending}
          onClick={() => void finish().catch(() => {})}
        >
          Complete
        </Button>
      )}
      <Problem error={error} />
    </>
  );
}

function Stat({ opened: { item }, onChanged }: { opened: Opened; onChanged: () => void }) {
  const trpc = useTrpc();
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const undo = useMutation(trpc.worklist.undoPriority.mutationOptions({ onSuccess: onChanged }));
  const decide = useMutation(
    trpc.worklist.decidePriority.mutationOptions({
      onSuccess: (decided) => {
        setOpen(false);
        toast("STAT. The readers see it with your reason.", {
          action: {
            label: "Undo",
            run: () => undo.mutate({ caseId: item.caseId, decidedAt: decided.decidedAt }),
          },
        });
        onChanged();
      },
    }),
  );
  return (
    <>
      {item.can.raisePriority ? <Button onClick={() => setOpen(true)}>Make it STAT…</Button> : null}
      <ReasonDialog
        open={open}
        title="Make it STAT"
        label="Why"
        confirm="STAT"
        hint="The readers see it with the case. No names."
        pending={decide.isPending}
        error={decide.error}
        onClose={() => {
          setOpen(false);
          decide.reset();
        }}
        onDecide={(reason) => decide.mutate({ caseId: item.caseId, priority: "stat", reason })}
      >
        It goes to the top of the readers' list and is due as STAT from now.
      </ReasonDialog>
      <Problem error={undo.error} />
    </>
  );
}

function History({
  opened: { item, notes },
  onChanged,
  draft,
  onDraft,
}: { opened: Opened; onChanged: () => void } & Writing) {
  const trpc = useTrpc();
  const toast = useToast();
  const saved = notes.history?.text ?? "";
  const save = useMutation(
    trpc.techCheck.saveHistory.mutationOptions({
      onSuccess: () => {
        toast("Saved. Its reader sees it with the case.");
        onDraft(undefined);
        onChanged();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate({ caseId: item.caseId, text: draft ?? saved });
  };
  if (!item.can.techCheck) return <p className="whitespace-pre-line">{notes.history?.text ?? "None was given."}</p>;
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <TextField
        label="What the reader should know"
        name="history"
        value={draft ?? saved}
        onChange={(event) => onDraft(event.target.value === saved ? undefined : event.target.value)}
        maxLength={4000}
        rows={4}
        hint="Stands beside the images and at the beginning of a report that is begun from now on"
      />
      {notes.history ? (
        <p className="text-xs text-quiet">
          {draft === undefined ? "Saved by" : "This replaces what was saved by"} {notes.history.by || "a colleague"},{" "}
          <When at={notes.history.at} />
          {draft === undefined ? null : <span className="block whitespace-pre-line">{notes.history.text}</span>}
        </p>
      ) : null}
      <Problem error={save.error} />
      <Button type="submit" className="self-start" disabled={save.isPending || draft === undefined}>
        {save.isPending ? "Saving" : "Save"}
      </Button>
    </form>
  );
}

function Documents({ opened: { item, notes }, onChanged }: { opened: Opened; onChanged: () => void }) {
  const toast = useToast();
  return (
    <>
      {notes.documents.length > 0 ? (
        <ul aria-label="Documents" className="flex flex-col gap-1">
          {notes.documents.map(({ instanceId, document, by, at }) => (
            <li key={instanceId}>
              {siteDocuments[document] ?? siteDocuments.other}
              <span className="text-xs text-quiet">
                {" "}
                added by {by || "a colleague"}, <When at={at} />
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      {item.can.techCheck ? (
        <DocumentField
          label="File"
          addressOf={(form) => `/api/cases/${item.caseId}/documents?document=${String(form.get("document"))}`}
          onSent={() => {
            toast("Added. It is in the study, under the patient of its images.");
            onChanged();
          }}
        >
          <SelectField label="What it is" name="document" defaultValue="request">
            {documentKinds.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
        </DocumentField>
      ) : notes.documents.length === 0 ? (
        <p className="text-quiet">None was added.</p>
      ) : null}
    </>
  );
}
