"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { FailedState } from "../../_ui/empty-state.tsx";
import { Field } from "../../_ui/field.tsx";
import { formatSpan } from "../../_ui/format.ts";
import { audienceWords } from "../../_ui/in-words.ts";
import { When } from "../../_ui/now.tsx";
import { Skeleton } from "../../_ui/skeleton.tsx";
import { Card } from "../account/card.tsx";
import type { Step } from "./ladder-rows.ts";

type Tried = Outputs["escalation"]["tryLadder"]["steps"][number];

/** What the steps on the page, saved or not, would do for a case that arrives now. */
export function TryLadder({ steps, isSaved }: { steps: Step[] | null; isSaved: boolean }) {
  const trpc = useTrpc();
  const [minutes, setMinutes] = useState("60");
  const promised = /^\d{1,5}$/.test(minutes) ? Number(minutes) : 0;
  const isPromise = promised >= 1 && promised <= 20_160;
  const tried = useQuery(
    trpc.escalation.tryLadder.queryOptions(
      { steps: steps ?? [], minutes: isPromise ? promised : 60 },
      { enabled: steps !== null && isPromise, placeholderData: keepPreviousData },
    ),
  );
  return (
    <Card title="Trial">
      <p className="text-quiet">
        A case arrives now, is not signed, and its clock never stands. By {isSaved ? "these steps" : "the steps above"},
        and the roster as it is:
      </p>
      <Field
        label="Promised within, minutes"
        inputMode="numeric"
        value={minutes}
        maxLength={5}
        onChange={({ target }) => setMinutes(target.value.trim())}
        error={isPromise ? undefined : "A whole number from 1 to 20160, two weeks"}
        className="w-48"
      />
      {steps === null || !isPromise ? null : tried.isError && !tried.data ? (
        <FailedState message={messageFor(tried.error)} onRetry={() => void tried.refetch()} />
      ) : !tried.data ? (
        <Skeleton className="h-24" />
      ) : tried.data.steps.length === 0 ? (
        <p>Nobody is told.</p>
      ) : (
        <ol aria-label="What would happen" className="flex flex-col gap-1.5">
          {tried.data.steps.map((step) => (
            <li key={`${step.percent}:${step.to}`} className="grid gap-x-3 sm:grid-cols-[10rem_1fr]">
              <span className="tabular">
                after {formatSpan(step.afterMinutes * 60_000)}, <When at={step.at} />
              </span>
              <span>
                {told(step)}
                {step.names.length > 0 ? <span className="text-quiet">: {step.names.join(", ")}</span> : null}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function told({ to, reach, names }: Tried): string {
  if (to === "pool" && reach === "all") return "all who may read it, since nobody is on shift then";
  if (to === "pool" && reach === "lead") return "the lead, since nobody reads for the group";
  if (to === "pool") return "those on shift then who may read it";
  if (to === "reader") return "whoever reads it by then";
  if (to === "lead" && names.length === 0) return "nobody: the group has no lead";
  return audienceWords[to];
}
