"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTrpc } from "../_trpc/client.tsx";
import { sentenceFor } from "../_trpc/errors.ts";
import type { OpenStudy } from "../_trpc/types.ts";
import { Button } from "../_ui/button.tsx";
import { formatDicomDate } from "../_ui/format.ts";

type Prior = OpenStudy["priors"][number];

/** A prior that may be hung: of the same patient, or taken for it by a reader of this case. */
export const mayHang = (prior: Prior): boolean => prior.identity === "agrees" || prior.accepted;

/**
 * Earlier studies under the patient ID of which it is not certain that they are of the same person. The viewer is not given them:
 * no key hangs one before a reader has said, here and on the trail, to compare with it.
 */
export function UncertainPriors({ study, mayAccept }: { study: OpenStudy; mayAccept: boolean }) {
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState<string | null>(null);
  const accept = useMutation(
    trpc.study.acceptPrior.mutationOptions({
      onSuccess: async () => {
        setAsked(null);
        await queryClient.invalidateQueries({ queryKey: trpc.study.open.queryKey({ caseId: study.item.caseId }) });
        // The template's Comparison may name it now.
        void queryClient.invalidateQueries({ queryKey: trpc.report.get.queryKey({ caseId: study.item.caseId }) });
      },
    }),
  );
  const uncertain = study.priors.filter((prior) => !mayHang(prior));
  if (uncertain.length === 0) return null;
  return (
    <section
      aria-label="Earlier studies of uncertain identity"
      className="max-h-32 shrink-0 overflow-y-auto border-b border-line bg-panel px-3 py-1.5 text-[0.8125rem]"
    >
      <ul className="flex flex-col gap-1">
        {uncertain.map((prior) => (
          <li
            key={prior.studyId}
            data-identity={prior.identity}
            className="flex flex-wrap items-center gap-x-3 gap-y-1"
          >
            <span className="inline-flex items-center gap-1.5 font-medium text-stat">
              <TriangleAlert className="size-3.5" aria-hidden="true" />
              {prior.identity === "conflict" ? "Another patient?" : "Patient not certain"}
            </span>
            <span className="tabular">
              {prior.modalities.join(" ")} {prior.description} · {formatDicomDate(prior.studyDate)}
            </span>
            <span className="text-quiet">{prior.identityReason}</span>
            {!mayAccept ? null : asked === prior.studyId ? (
              <span className="ml-auto flex items-center gap-2">
                <span>Compare all the same? It is noted with your name.</span>
                <Button
                  disabled={accept.isPending}
                  onClick={() => accept.mutate({ caseId: study.item.caseId, studyId: prior.studyId })}
                >
                  Compare
                </Button>
                <Button onClick={() => setAsked(null)}>Leave it</Button>
              </span>
            ) : (
              <Button className="ml-auto" onClick={() => setAsked(prior.studyId)}>
                Compare with it…
              </Button>
            )}
          </li>
        ))}
      </ul>
      {accept.error ? <p role="alert">{sentenceFor(accept.error)}</p> : null}
    </section>
  );
}
