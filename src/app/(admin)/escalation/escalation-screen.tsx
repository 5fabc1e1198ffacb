"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { appCodeOf, detailsOf } from "../../_trpc/errors.ts";
import type { Me, Outputs } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Exact } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { Table } from "../../_ui/table.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { Card } from "../account/card.tsx";
import { OfficePage } from "../office-page.tsx";
import { ladderInWords, type Row, readRows, rowsOf, type Step, sameSteps } from "./ladder-rows.ts";
import { LadderSteps } from "./ladder-steps.tsx";
import { SentSteps } from "./sent-steps.tsx";
import { TryLadder } from "./try-ladder.tsx";

type Ladder = Outputs["escalation"]["ladder"];

/** Whom the group tells while the promised time of a case runs. Nothing is in force until it is saved. */
export function EscalationScreen({ me, initial, at }: { me: Me; initial: Ladder; at: number }) {
  const trpc = useTrpc();
  const toast = useToast();
  const query = useQuery(
    trpc.escalation.ladder.queryOptions(undefined, { initialData: initial, initialDataUpdatedAt: at }),
  );
  const saved = query.data;
  /** What is edited, and the version that it began from. */
  const [draft, setDraft] = useState<{ basedOn: number; rows: Row[] } | null>(null);
  const rows = draft?.rows ?? rowsOf(saved.steps);
  const { steps, problem } = readRows(rows);
  const isChanged = draft !== null && (steps === null || !sameSteps(steps, saved.steps));
  const edit = (change: (rows: Row[]) => Row[]) =>
    setDraft((now) => ({
      basedOn: now?.basedOn ?? saved.version,
      rows: change(now?.rows ?? rowsOf(saved.steps)),
    }));
  const save = useMutation(
    trpc.escalation.saveLadder.mutationOptions({
      onSuccess: async ({ version }) => {
        await query.refetch();
        setDraft(null);
        toast(`The steps are in force as version ${version}.`);
      },
      onError: () => void query.refetch(),
    }),
  );
  const conflict = appCodeOf(save.error) === "escalation.version-conflict" ? detailsOf(save.error) : null;
  return (
    <OfficePage
      me={me}
      title="Escalation"
      intro="Who is told while the promised time of a case runs, until it is signed. Each step once; none while the clock stands. Everybody is told under the bell, and by mail and in browsers as each has chosen; the organisation's webhook once."
    >
      <Card title="Steps">
        <LadderSteps rows={rows} usual={saved.usual} onEdit={edit} />
        {problem ? (
          <p role="alert" className="text-stat">
            {problem}
          </p>
        ) : null}
        {isChanged || conflict ? (
          <div className="flex flex-col gap-3 border-t border-line pt-4">
            {conflict ? (
              <div role="alert" className="flex flex-col gap-2 text-urgent">
                <p>
                  {String(conflict.savedByName)} saved version {String(conflict.version)} meanwhile:{" "}
                  {ladderInWords(saved.steps)}. Nothing of yours is lost, and nothing of theirs was overwritten.
                </p>
                <Button
                  className="self-start"
                  onClick={() => {
                    save.reset();
                    setDraft({ basedOn: Number(conflict.version), rows });
                  }}
                >
                  Go on with mine instead of theirs
                </Button>
              </div>
            ) : (
              <Problem error={save.error} />
            )}
            <div className="flex flex-wrap items-center justify-between gap-3">
              <p className="font-medium">Changed, not in force yet</p>
              <div className="flex flex-wrap gap-2">
                <Button
                  onClick={() => {
                    save.reset();
                    setDraft(null);
                  }}
                >
                  Discard
                </Button>
                <Button
                  look="primary"
                  disabled={!steps || save.isPending || conflict !== null}
                  onClick={() => {
                    if (draft && steps) save.mutate({ steps, version: draft.basedOn });
                  }}
                >
                  Save and put in force
                </Button>
              </div>
            </div>
          </div>
        ) : null}
      </Card>
      <TryLadder steps={steps} isSaved={!isChanged} />
      <SentSteps />
      <Card title="History">
        <History
          history={saved.history}
          inForce={saved.version}
          onUse={(used) => edit(() => rowsOf(used))}
          isBusy={save.isPending}
        />
      </Card>
    </OfficePage>
  );
}

function History({
  history,
  inForce,
  isBusy,
  onUse,
}: {
  history: Ladder["history"];
  inForce: number;
  isBusy: boolean;
  onUse: (steps: readonly Step[]) => void;
}) {
  if (history.length === 0) return <p className="text-quiet">No steps were saved yet; the usual ones are in force.</p>;
  return (
    <Table label="Saved versions" head={["Version", "Saved", "By", "Steps", ""]}>
      {history.map((each) => (
        <tr key={each.version}>
          <td className="tabular whitespace-nowrap">
            {each.version}
            {each.version === inForce ? <span className="text-done"> · in force</span> : null}
          </td>
          <td>
            <Exact at={each.at} />
          </td>
          <td>{each.by || "a colleague"}</td>
          <td>{ladderInWords(each.steps)}</td>
          <td className="text-right">
            {each.version === inForce ? null : (
              <Button
                look="quiet"
                className="-my-1.5"
                disabled={isBusy}
                aria-label={`Take over the steps of version ${each.version}`}
                onClick={() => onUse(each.steps)}
              >
                Take over
              </Button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
