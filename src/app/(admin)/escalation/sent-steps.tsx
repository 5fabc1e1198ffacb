"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { FailedState } from "../../_ui/empty-state.tsx";
import { SelectField } from "../../_ui/field.tsx";
import { plural } from "../../_ui/format.ts";
import { audienceWords, reachWords, statusWords } from "../../_ui/in-words.ts";
import { When } from "../../_ui/now.tsx";
import { Skeleton } from "../../_ui/skeleton.tsx";
import { PriorityMark } from "../../_ui/status.tsx";
import { Table } from "../../_ui/table.tsx";
import { Card } from "../account/card.tsx";

type Sent = Outputs["escalation"]["sent"]["steps"][number];

/** What was sent lately, to how many, and who has seen it. */
export function SentSteps() {
  const trpc = useTrpc();
  const [days, setDays] = useState(7);
  const sent = useQuery(trpc.escalation.sent.queryOptions({ days }, { placeholderData: keepPreviousData }));
  return (
    <Card title="What was sent">
      <SelectField
        label="In the last"
        className="w-48"
        value={days}
        onChange={({ target }) => setDays(Number(target.value))}
      >
        <option value={1}>24 hours</option>
        <option value={7}>7 days</option>
        <option value={30}>30 days</option>
      </SelectField>
      {sent.isError && !sent.data ? (
        <FailedState message={messageFor(sent.error)} onRetry={() => void sent.refetch()} />
      ) : !sent.data ? (
        <Skeleton className="h-24" />
      ) : sent.data.steps.length === 0 ? (
        <p className="text-quiet">Nobody was told anything: every case was signed before its first step.</p>
      ) : (
        <>
          <Table label="What was sent" head={["When", "Step", "Case", "Priority", "Now", "Told", "Seen"]}>
            {sent.data.steps.map(rowOf)}
          </Table>
          {sent.data.more ? <p className="text-quiet">There is more than this; these are the newest.</p> : null}
        </>
      )}
    </Card>
  );
}

/** Not a component: on a phone the table labels the cells of its rows. */
function rowOf({ caseId, percent, to, reach, people, acknowledged, modalities, facility, priority, state, at }: Sent) {
  return (
    <tr key={`${caseId}:${percent}:${to}:${at}`}>
      <td className="whitespace-nowrap">
        <When at={at} />
      </td>
      <td>
        <span className="tabular">{percent} %</span>, {reach ? reachWords[reach] : audienceWords[to]}
      </td>
      <td>
        <Link href={`/studies/${caseId}`} className="underline">
          {modalities.join(", ") || "Case"}
        </Link>
        <span className="text-quiet"> {facility}</span>
      </td>
      <td>
        <PriorityMark priority={priority} />
      </td>
      <td>{statusWords[state]}</td>
      <td>{people > 0 ? plural(people, "person", "people") : <span className="text-urgent">nobody</span>}</td>
      <td>
        {acknowledged ? (
          <>
            {acknowledged.by || "a colleague"}, <When at={acknowledged.at} />
          </>
        ) : (
          <span className="text-quiet">not yet</span>
        )}
      </td>
    </tr>
  );
}
