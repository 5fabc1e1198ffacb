"use client";

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useTrpc } from "../../_trpc/client.tsx";
import { Button, IconButton } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { Exam } from "../../_ui/exam.tsx";
import { Kbd } from "../../_ui/kbd.tsx";
import { Countdown } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useShortcuts } from "../../_ui/shortcuts.ts";
import { PriorityMark } from "../../_ui/status.tsx";
import { AssignMenu } from "../../(reading)/assign-menu.tsx";
import type { Given, Reader } from "../../(reading)/use-assign.ts";
import { HoldAct } from "../../(reading)/worklist/hold-act.tsx";
import { PriorityAct } from "../../(reading)/worklist/priority-act.tsx";
import { handInWords } from "./case-card.tsx";
import { type Board, type BoardCase, givenOf, isGivable } from "./columns.ts";

/** The chosen case and what the lead may do with it, each by a key as well. */
export function CasePanel({
  item,
  board,
  assigning,
  setAssigning,
  onAssign,
  onTakeBack,
  onClose,
}: {
  item: BoardCase;
  board: Board;
  /** The menu is open. */
  assigning: boolean;
  setAssigning: (assigning: boolean) => void;
  onAssign: (reader: Reader, was: Given | null) => void;
  onTakeBack: (was: Given) => void;
  onClose: () => void;
}) {
  const trpc = useTrpc();
  const { caseId } = item;
  const detail = useQuery(trpc.worklist.get.queryOptions({ caseId }));
  const given = givenOf(item, board);
  const assign = () => setAssigning(true);
  useShortcuts({ a: assign }, isGivable(item) && !assigning);
  useShortcuts({ u: () => given && onTakeBack(given) }, given !== null);
  return (
    <section
      aria-label="Chosen case"
      className="flex flex-col gap-2 rounded-lg border border-line-strong/60 bg-panel p-3 max-lg:sticky max-lg:bottom-0 max-lg:z-10 max-lg:shadow-float"
    >
      <div className="flex items-start justify-between gap-2">
        <div className="flex min-w-0 flex-col gap-0.5">
          <h2 className="font-semibold">
            <Exam modalities={item.modalities} description={item.description} />
          </h2>
          <p className="flex flex-wrap gap-x-2">
            <PriorityMark priority={item.priority} />
            {item.held ? <span className="text-held">held</span> : <Countdown dueAt={item.dueAt} />}
          </p>
          <p className="text-[0.8125rem] text-quiet">
            {board.facilities.find(({ id }) => id === item.facilityId)?.name} · {handInWords(item, board)}
          </p>
        </div>
        <IconButton label="Choose no case" className="-m-1.5" onClick={onClose}>
          <X className="size-4" />
        </IconButton>
      </div>
      <div className="flex flex-wrap gap-2">
        {isGivable(item) ? (
          <Button look="primary" onClick={assign}>
            Assign…{" "}
            <Kbd onAccent className="max-md:hidden">
              A
            </Kbd>
          </Button>
        ) : null}
        {given ? (
          <Button onClick={() => onTakeBack(given)}>
            Take back <Kbd className="max-md:hidden">U</Kbd>
          </Button>
        ) : null}
        {detail.data ? (
          <>
            <PriorityAct item={detail.data} />
            <HoldAct item={detail.data} />
          </>
        ) : null}
      </div>
      {item.hand === "reading" ? (
        <p className="text-[0.8125rem] text-quiet">While it is read it is nobody else's. Its reader may release it.</p>
      ) : null}
      <Problem error={detail.error} />
      <Dialog open={assigning} title="Assign the case" onClose={() => setAssigning(false)}>
        <AssignMenu
          caseId={caseId}
          onChosen={(reader) => {
            setAssigning(false);
            onAssign(reader, given);
          }}
        />
      </Dialog>
    </section>
  );
}
