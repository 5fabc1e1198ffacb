"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { FailedState } from "../../_ui/empty-state.tsx";
import { plural } from "../../_ui/format.ts";
import { Exact } from "../../_ui/now.tsx";
import { Table } from "../../_ui/table.tsx";
import { type Change, changesOf, nameOf } from "./edit-rules.ts";
import type { Entry, RulesAnswer } from "./types.ts";

type Saved = RulesAnswer["history"][number];
type Side = { title: string; sheet: Entry[]; sentences: string[] };

/** Who saved which rules when; each version can be held against what stands on the page, and put back. */
export function RuleHistory({
  history,
  inForce,
  now,
  busy,
  onRestore,
}: {
  history: Saved[];
  inForce: number;
  /** What stands on the page, saved or not. */
  now: { sheet: Entry[]; sentences: string[] };
  busy: boolean;
  onRestore: (version: number) => void;
}) {
  const [compared, setCompared] = useState<number | null>(null);
  if (history.length === 0) return <p className="text-quiet">No rules were saved yet.</p>;
  return (
    <>
      <Table label="Saved versions" head={["Version", "Saved", "By", "Rules", "Note", ""]}>
        {history.map((saved) => (
          <tr key={saved.version}>
            <td className="tabular whitespace-nowrap">
              {saved.version}
              {saved.version === inForce ? <span className="text-done"> · in force</span> : null}
            </td>
            <td>
              <Exact at={saved.savedAt} />
            </td>
            <td>{saved.savedBy}</td>
            <td>
              {plural(saved.rules, "rule")}
              {saved.on < saved.rules ? `, ${saved.rules - saved.on} off` : ""}
            </td>
            <td>
              {[saved.restoredFrom ? `Version ${saved.restoredFrom} put back.` : "", saved.note]
                .filter(Boolean)
                .join(" ")}
            </td>
            <td>
              <span className="flex gap-1">
                <Button onClick={() => setCompared(saved.version)} aria-label={`Compare with version ${saved.version}`}>
                  Compare
                </Button>
                {saved.version === inForce ? null : (
                  <Button
                    disabled={busy}
                    onClick={() => onRestore(saved.version)}
                    aria-label={`Put version ${saved.version} back`}
                  >
                    Put back
                  </Button>
                )}
              </span>
            </td>
          </tr>
        ))}
      </Table>
      <CompareDialog version={compared} now={now} onClose={() => setCompared(null)} />
    </>
  );
}

/** A saved version beside what stands on the page. */
export function CompareDialog({
  version,
  now,
  onClose,
}: {
  version: number | null;
  now: { sheet: Entry[]; sentences: string[] };
  onClose: () => void;
}) {
  const trpc = useTrpc();
  const query = useQuery(trpc.rules.read.queryOptions({ version: version ?? 1 }, { enabled: version !== null }));
  return (
    <Dialog open={version !== null} onClose={onClose} title={`Version ${version ?? ""} and what stands on the page`}>
      {query.isError ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : query.data ? (
        <Comparison
          before={{ title: `Version ${version}`, sheet: query.data.sheet, sentences: query.data.sentences }}
          after={{ title: "On the page", ...now }}
        />
      ) : (
        <p className="text-quiet">Loading…</p>
      )}
    </Dialog>
  );
}

const kinds: Record<Change["kind"], string> = {
  added: "Added",
  "taken-out": "Taken out",
  changed: "Changed",
  moved: "At another place",
  "switched-on": "Switched on",
  "switched-off": "Switched off",
};

function Comparison({ before, after }: { before: Side; after: Side }) {
  const changes = changesOf(before.sheet, after.sheet);
  const said = ({ sheet, sentences }: Side, ruleId: string) => {
    const place = sheet.findIndex(({ rule }) => rule.id === ruleId);
    const entry = sheet[place];
    return entry ? { name: nameOf(entry, place), sentence: sentences[place] ?? "…" } : null;
  };
  if (changes.length === 0) return <p>There is no difference.</p>;
  return (
    <ul className="flex max-h-[60vh] flex-col gap-3 overflow-y-auto">
      {changes.map(({ ruleId, kind }) => {
        const [was, is] = [said(before, ruleId), said(after, ruleId)];
        return (
          <li key={ruleId} className="flex flex-col gap-1 border-t border-line pt-2">
            <p className="font-medium">
              {kinds[kind]}: {(is ?? was)?.name}
            </p>
            {was && (kind === "changed" || kind === "taken-out") ? (
              <p>
                <span className="text-quiet">{before.title}: </span>
                <del>{was.sentence}</del>
              </p>
            ) : null}
            {is ? (
              <p>
                <span className="text-quiet">{after.title}: </span>
                {is.sentence}
              </p>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
