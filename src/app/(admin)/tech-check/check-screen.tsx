"use client";

import { useQuery } from "@tanstack/react-query";
import { ClipboardCheck } from "lucide-react";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Me, WorklistAnswer, WorklistItem } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { classNames } from "../../_ui/class-names.ts";
import { EmptyState, FailedState } from "../../_ui/empty-state.tsx";
import { Exam } from "../../_ui/exam.tsx";
import { plural } from "../../_ui/format.ts";
import { Countdown } from "../../_ui/now.tsx";
import { PriorityMark } from "../../_ui/status.tsx";
import { OfficePage } from "../office-page.tsx";
import { type CheckList, inputOf } from "./check-list.ts";
import { CheckPanel } from "./check-panel.tsx";

/** The studies of one's facilities that wait for the technologist's look, and beside them the one that is looked at. */
export function CheckScreen({
  me,
  initial,
  at,
  isAsked,
}: {
  me: Me;
  initial: WorklistAnswer;
  at: number;
  /** A facility of the caller's asks for checks. */
  isAsked: boolean;
}) {
  const trpc = useTrpc();
  const [list, setList] = useState<CheckList>("waiting");
  const [chosen, setChosen] = useState<string | null>(null);
  /** What was completed just now: it stands in the list until that is read again. */
  const [done, setDone] = useState<string | null>(null);
  /** What was typed and not saved, by case: looking at another one loses nothing. */
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({});
  const query = useQuery(
    trpc.worklist.list.queryOptions(
      inputOf(list),
      list === "waiting" ? { initialData: initial, initialDataUpdatedAt: at } : {},
    ),
  );
  const items = query.data?.items ?? [];
  if (done && !items.some((item) => item.caseId === done)) setDone(null);
  // It stays the same study when a more urgent one arrives above it: what is typed and sent is for the one that is shown.
  const caseId = chosen ?? items.find((item) => item.caseId !== done)?.caseId ?? null;
  if (caseId !== chosen) setChosen(caseId);
  return (
    <OfficePage
      me={me}
      wide
      title="Tech check"
      intro="Look at what has arrived, add what the reader should know, and say that it is complete. A study may be read before; its reader sees that it is not checked."
    >
      <fieldset className="flex gap-1">
        <legend className="sr-only">Which studies</legend>
        {(["waiting", "complete"] as const).map((each) => (
          <Button
            key={each}
            look={each === list ? "primary" : "quiet"}
            aria-pressed={each === list}
            onClick={() => {
              setList(each);
              setChosen(null);
            }}
          >
            {each === "waiting" ? "Not checked" : "Checked, not read yet"}
            {each === list && query.data ? (
              <span className="tabular">{query.data.nextCursor ? `${items.length}+` : items.length}</span>
            ) : null}
          </Button>
        ))}
      </fieldset>
      {query.isError && items.length === 0 ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : items.length === 0 && !caseId ? (
        <div className="rounded-lg border border-dashed border-line-strong/60">
          <EmptyState
            icon={ClipboardCheck}
            title={list === "waiting" ? "No study waits for a check" : "No checked study waits to be read"}
          >
            {isAsked
              ? "New studies appear here as they arrive."
              : "No facility of yours asks for checks. An administrator chooses that under Facilities."}
          </EmptyState>
        </div>
      ) : (
        <div className="grid items-start gap-4 lg:grid-cols-[22rem_1fr]">
          <ul
            aria-label="Studies"
            className="flex max-h-[70dvh] flex-col overflow-y-auto rounded-lg border border-line bg-panel max-lg:max-h-[32dvh]"
          >
            {items.map((item) => (
              <CheckRow
                key={item.caseId}
                item={item}
                isChosen={item.caseId === caseId}
                onChoose={() => setChosen(item.caseId)}
              />
            ))}
          </ul>
          {caseId ? (
            <CheckPanel
              key={caseId}
              caseId={caseId}
              draft={drafts[caseId]}
              onDraft={(text) =>
                setDrafts(({ [caseId]: _, ...others }) => (text === undefined ? others : { ...others, [caseId]: text }))
              }
              onDone={() => {
                setDone(caseId);
                setChosen(null);
              }}
            />
          ) : null}
        </div>
      )}
    </OfficePage>
  );
}

function CheckRow({ item, isChosen, onChoose }: { item: WorklistItem; isChosen: boolean; onChoose: () => void }) {
  const { received, expected } = item.images;
  return (
    <li className="border-b border-line last:border-b-0">
      <button
        type="button"
        data-case={item.caseId}
        aria-current={isChosen}
        onClick={onChoose}
        className={classNames(
          "flex w-full flex-col gap-0.5 px-3 py-2 text-left hover:bg-hover",
          isChosen && "bg-selected",
        )}
      >
        <span className="flex items-baseline justify-between gap-2">
          <span className="truncate font-medium">{item.patientName || "Name not given"}</span>
          <PriorityMark priority={item.priority} />
        </span>
        <span className="truncate text-quiet">
          <Exam modalities={item.modalities} description={item.studyDescription} />
        </span>
        <span className="flex flex-wrap justify-between gap-2 text-xs text-quiet">
          <span className="tabular">
            {expected && expected !== received ? `${received} of ${expected} images` : plural(received, "image")}
            {item.arriving ? ", arriving" : ""}
            {item.question === "asked" ? " · the reader asks" : ""}
          </span>
          <Countdown dueAt={item.dueAt} timeZone={item.facilityTimeZone} done={item.done} />
        </span>
      </button>
    </li>
  );
}
