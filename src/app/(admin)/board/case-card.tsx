"use client";

import { useEffect, useRef } from "react";
import { classNames } from "../../_ui/class-names.ts";
import { Exam } from "../../_ui/exam.tsx";
import { Countdown } from "../../_ui/now.tsx";
import { PriorityMark } from "../../_ui/status.tsx";
import { type Board, type BoardCase, type By, isGivable } from "./columns.ts";

/** What is carried over the board is a case of ours. */
export const dragType = "application/x-overread-case";

const hands: Record<NonNullable<BoardCase["hand"]>, (name: string) => string> = {
  reading: (name) => `${name} reads it`,
  kept: (name) => `kept by ${name}`,
  assigned: (name) => `assigned to ${name}`,
  offered: (name) => `offered to ${name}`,
};
/** Whose it is, in words. */
export const handInWords = ({ hand, readerId }: BoardCase, { readers }: Board): string => {
  const name = readers.find(({ id }) => id === readerId)?.name;
  return hand && name ? hands[hand](name) : "with nobody";
};

/** One case: chosen by a click or by arrows, carried to a reader by the mouse. */
export function CaseCard({
  item,
  board,
  by,
  late,
  chosen,
  entry,
  onChoose,
  onAssign,
  onDrag,
}: {
  item: BoardCase;
  board: Board;
  by: By;
  late: boolean;
  chosen: boolean;
  /** The card that Tab comes to. */
  entry: boolean;
  onChoose: () => void;
  onAssign: () => void;
  /** @param dragged false: it was let go. */
  onDrag: (dragged: boolean) => void;
}) {
  const card = useRef<HTMLButtonElement>(null);
  const facility = board.facilities.find(({ id }) => id === item.facilityId)?.name;
  useEffect(() => {
    const dialog = document.activeElement?.closest("dialog");
    if (chosen && !dialog) card.current?.focus({ preventScroll: false });
  }, [chosen]);
  return (
    <li>
      <button
        ref={card}
        type="button"
        data-case-id={item.caseId}
        aria-pressed={chosen}
        tabIndex={entry ? 0 : -1}
        draggable={isGivable(item)}
        onClick={onChoose}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !chosen) return;
          event.preventDefault();
          onAssign();
        }}
        onDragStart={(event) => {
          event.dataTransfer.setData(dragType, item.caseId);
          event.dataTransfer.effectAllowed = "move";
          onDrag(true);
        }}
        onDragEnd={() => onDrag(false)}
        className={classNames(
          "flex w-full flex-col gap-0.5 rounded-md border p-2 text-left text-[0.8125rem]",
          late ? "border-stat" : "border-line",
          chosen ? "bg-selected" : "bg-panel hover:bg-hover",
          isGivable(item) && "cursor-grab",
        )}
      >
        <span className="flex flex-wrap items-center justify-between gap-x-2">
          <PriorityMark priority={item.priority} />
          {item.held ? <span className="text-held">held</span> : <Countdown dueAt={item.dueAt} />}
        </span>
        <span>
          <Exam modalities={item.modalities} description={item.description} />
        </span>
        <span className="text-quiet">
          {[
            by === "facility" ? "" : facility,
            by === "reader" ? (item.hand === "assigned" ? "" : item.hand) : handInWords(item, board),
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </button>
    </li>
  );
}
