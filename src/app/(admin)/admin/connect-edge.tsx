"use client";

import { useMutation } from "@tanstack/react-query";
import { Check, Circle, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Edge, Facility } from "../../_trpc/types.ts";
import { Button, IconButton } from "../../_ui/button.tsx";
import { Exact } from "../../_ui/now.tsx";
import { Skeleton } from "../../_ui/skeleton.tsx";

/** A new edge router step by step: the code is shown once, and each step turns green by itself when it has happened. */
export function ConnectEdge({ facility, edges, onClose }: { facility: Facility; edges: Edge[]; onClose: () => void }) {
  const trpc = useTrpc();
  const issue = useMutation(trpc.edge.issueCode.mutationOptions());
  const [copied, setCopied] = useState(false);
  // Those that were there before are not the one being connected.
  const [known] = useState(() => new Set(edges.map((edge) => edge.edgeId)));
  const { mutate } = issue;
  useEffect(() => {
    mutate({ facilitySlug: facility.slug });
  }, [mutate, facility.slug]);

  const fresh = edges.find((edge) => !known.has(edge.edgeId));
  const pacs = facility.settings?.localPacs;
  const steps = [
    { done: issue.isSuccess, text: "Code issued" },
    { done: fresh !== undefined, text: fresh ? `${fresh.name} has enrolled` : "The edge router enrols with it" },
    { done: fresh?.online === true, text: "It is running and reports in" },
    { done: Boolean(fresh?.lastStudyAt), text: "The first study has arrived" },
    {
      done: Boolean(pacs),
      text: pacs
        ? `Reports go back to ${pacs.aeTitle} at ${pacs.host}:${pacs.port}`
        : "The PACS for returned reports is set (under Facilities)",
    },
  ];

  return (
    <section
      aria-label="Connect an edge router"
      className="flex flex-col gap-4 rounded-lg border border-accent/60 bg-panel p-4"
    >
      <div className="flex items-start justify-between gap-3">
        <h3 className="font-semibold">Connect an edge router to {facility.name}</h3>
        <IconButton label="Close" className="-m-1" onClick={onClose}>
          <X className="size-4" />
        </IconButton>
      </div>
      {issue.isError ? (
        <p role="alert" className="text-stat">
          {messageFor(issue.error)}
        </p>
      ) : issue.data ? (
        <div className="flex flex-col gap-2">
          <p>Run this on the computer in the hospital. The code works once and is not shown again.</p>
          <div className="flex items-center gap-2 rounded-md border border-line bg-ground p-2">
            <code className="min-w-0 flex-1 overflow-x-auto font-mono text-[0.8125rem] whitespace-nowrap">
              {issue.data.command}
            </code>
            <Button
              onClick={async () => {
                await navigator.clipboard.writeText(issue.data.command);
                setCopied(true);
              }}
            >
              {copied ? (
                <Check className="size-4" aria-hidden="true" />
              ) : (
                <Copy className="size-4" aria-hidden="true" />
              )}
              {copied ? "Copied" : "Copy"}
            </Button>
          </div>
          <p className="text-quiet">
            Code <strong className="font-mono font-semibold text-text">{issue.data.code}</strong>, good until{" "}
            <Exact at={issue.data.expiresAt} />. Then start it with{" "}
            <code className="font-mono">npm run edge -- run</code>.
          </p>
        </div>
      ) : (
        <Skeleton className="h-16" />
      )}
      <ol className="flex flex-col gap-1.5" aria-label="Progress">
        {steps.map((step) => (
          <li key={step.text} className={`flex items-center gap-2 ${step.done ? "text-done" : "text-quiet"}`}>
            {step.done ? (
              <Check className="size-4" aria-label="Done:" />
            ) : (
              <Circle className="size-4" aria-label="Not yet:" />
            )}
            {step.text}
          </li>
        ))}
      </ol>
    </section>
  );
}
