"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FilePenLine } from "lucide-react";
import { useTrpc } from "../../_trpc/client.tsx";
import { appCodeOf, messageFor } from "../../_trpc/errors.ts";
import type { Report } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { When } from "../../_ui/now.tsx";
import type { HeldClaim } from "../claims.ts";

/**
 * Names the author of a colleague's draft. Whoever holds the case has to choose before the fields open. No button has
 * the focus, so that a key meant for the images does not take the draft over.
 */
export function DraftAuthorship({
  caseId,
  report,
  claim,
  onClaimLost,
}: {
  caseId: string;
  report: Report;
  /** The reader's own claim; without one there is nothing to choose. */
  claim: HeldClaim | null;
  onClaimLost: (error: unknown) => void;
}) {
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const answered = {
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: trpc.report.get.queryKey({ caseId }) }),
        queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() }),
      ]),
    onError: (error: unknown) => {
      if (appCodeOf(error).startsWith("case.")) onClaimLost(error);
    },
  };
  const takeOver = useMutation(trpc.report.takeOverDraft.mutationOptions(answered));
  const startAnew = useMutation(trpc.report.startDraftAnew.mutationOptions(answered));
  const busy = takeOver.isPending || startAnew.isPending;
  const problem = takeOver.error ?? startAnew.error;
  const { draft, version, double } = report;
  // Of two independent readings each is written by one hand, and nobody sees the other's draft.
  const mayTakeOver = !double || double.kept.length === 2;
  if (!draft?.anothers) return null;
  const input = claim ? { caseId, claimToken: claim.claimToken, version } : null;
  return (
    <section
      aria-label="Whose draft this is"
      className="flex flex-col gap-2 border-b border-urgent/60 bg-urgent-soft px-3 py-2.5"
    >
      <p role="status" className="flex items-start gap-2">
        <FilePenLine className="mt-0.5 size-4 shrink-0 text-urgent" aria-hidden="true" />
        <span>
          <strong className="font-semibold">
            Draft by {draft.savedBy || "a colleague"}, <When at={draft.savedAt} />.
          </strong>{" "}
          {!mayTakeOver
            ? `You do not see it: this case is read twice, independently.${input ? " Start anew." : ""}`
            : input
              ? "These are not your words. Take them over to go on with them, or start anew: nothing can be written or signed before."
              : "These are not your words."}
        </span>
      </p>
      {problem ? (
        <p role="alert" className="font-medium text-stat">
          {messageFor(problem)}
        </p>
      ) : null}
      {input ? (
        <div className="flex flex-wrap gap-2">
          {mayTakeOver ? (
            <Button look="primary" disabled={busy} onClick={() => takeOver.mutate(input)}>
              Take over
            </Button>
          ) : null}
          <Button
            disabled={busy}
            title={`The draft of ${draft.savedBy} is kept beside the report`}
            onClick={() => startAnew.mutate(input)}
          >
            Start anew
          </Button>
        </div>
      ) : null}
    </section>
  );
}

/** Earlier drafts by colleagues, kept unchanged when somebody else took over or started again. */
export function EarlierDrafts({ drafts }: { drafts: Report["earlierDrafts"] }) {
  if (drafts.length === 0) return null;
  return (
    <section aria-label="Earlier drafts" className="flex flex-col gap-1.5 text-[0.8125rem]">
      <h3 className="text-xs font-medium text-quiet">Earlier drafts</h3>
      {drafts.map((draft) => (
        <details key={`${draft.at} ${draft.act}`} className="rounded-md border border-line px-2.5 py-1.5">
          <summary className="cursor-pointer">
            By {draft.from}, <When at={draft.writtenAt} />;{" "}
            {draft.act === "taken-over" ? "taken over by" : "set aside by"} {draft.by}, <When at={draft.at} />
          </summary>
          <dl className="mt-1.5 flex flex-col gap-1.5">
            {draft.sections
              .filter((section) => section.text.trim())
              .map((section) => (
                <div key={section.key}>
                  <dt className="text-xs text-quiet">{section.title}</dt>
                  <dd className="whitespace-pre-wrap select-text">{section.text}</dd>
                </div>
              ))}
          </dl>
        </details>
      ))}
    </section>
  );
}
