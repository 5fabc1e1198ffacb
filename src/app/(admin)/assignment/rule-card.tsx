"use client";

import { ArrowDown, ArrowUp, Copy, GripVertical, Trash2, TriangleAlert } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { Button, IconButton } from "../../_ui/button.tsx";
import { classNames } from "../../_ui/class-names.ts";
import { Field } from "../../_ui/field.tsx";
import { nameOf } from "./edit-rules.ts";
import { PartEditor, type PartName } from "./part-editors.tsx";
import type { Choices, Entry, Parts } from "./types.ts";

/** What a part says where the sentence does not speak of it. */
const unsaid: Record<PartName, string> = {
  what: "Every case",
  who: "all readers",
  schedule: "at all hours",
  training: "who is trained for it first",
  mode: "who claim from their list",
  caps: "without a cap",
  last: "otherwise the rules below",
};
const order: PartName[] = ["what", "who", "schedule", "training", "mode", "caps", "last"];
const partLabels: Record<PartName, string> = {
  what: "Cases",
  who: "Readers",
  schedule: "Hours",
  training: "Training",
  mode: "How it is given",
  caps: "Caps",
  last: "If it finds nobody",
};

/** One rule: a sentence of which each part is a button, and below it the controls of the part that is open. */
export function RuleCard({
  entry,
  place,
  count,
  parts,
  findings,
  choices,
  onChange,
  onMove,
  onCopy,
  onRemove,
}: {
  entry: Entry;
  place: number;
  count: number;
  /** Null until the server has said it. */
  parts: Parts | null;
  findings: string[];
  choices: Choices;
  onChange: (entry: Entry) => void;
  /** @param to the place that it goes to. */
  onMove: (from: number, to: number) => void;
  onCopy: () => void;
  onRemove: () => void;
}) {
  const id = useId();
  const [open, setOpen] = useState<PartName | null>(null);
  const [isOver, setOver] = useState(false);
  const name = nameOf(entry, place);
  const byKeys = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    onMove(place, place + (event.key === "ArrowUp" ? -1 : 1));
  };
  return (
    <li
      data-rule={place}
      className={classNames(
        "flex flex-col gap-2 rounded-lg border bg-panel p-3",
        isOver ? "border-accent" : "border-line",
        !entry.on && "border-dashed",
      )}
      onKeyDown={byKeys}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(dragType)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const from = Number(event.dataTransfer.getData(dragType));
        if (event.dataTransfer.types.includes(dragType)) onMove(from, place);
      }}
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <div className="flex min-w-0 items-center gap-2">
          {/* The keys for it are on every control of the card. */}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: dragging is for the mouse alone; the buttons and keys do the same */}
          <span
            draggable
            title="Drag to another place, or Alt with arrow up or down"
            className="cursor-grab text-quiet"
            onDragStart={(event) => event.dataTransfer.setData(dragType, String(place))}
          >
            <GripVertical className="size-4" aria-hidden="true" />
          </span>
          <h2 className="truncate font-semibold">
            <span className="tabular text-quiet">{place + 1}.</span> {name}
          </h2>
          <label className="ml-2 inline-flex min-h-8 cursor-pointer items-center gap-1.5 text-[0.8125rem]">
            <input
              type="checkbox"
              checked={entry.on}
              onChange={() => onChange({ ...entry, on: !entry.on })}
              aria-label={`${name} is on`}
            />
            {entry.on ? "On" : "Off"}
          </label>
        </div>
        <div className="flex items-center">
          <IconButton label={`Move ${name} up`} disabled={place === 0} onClick={() => onMove(place, place - 1)}>
            <ArrowUp className="size-4" aria-hidden="true" />
          </IconButton>
          <IconButton
            label={`Move ${name} down`}
            disabled={place === count - 1}
            onClick={() => onMove(place, place + 1)}
          >
            <ArrowDown className="size-4" aria-hidden="true" />
          </IconButton>
          <IconButton label={`Duplicate ${name}`} onClick={onCopy}>
            <Copy className="size-4" aria-hidden="true" />
          </IconButton>
          <IconButton label={`Delete ${name}`} onClick={onRemove}>
            <Trash2 className="size-4" aria-hidden="true" />
          </IconButton>
        </div>
      </div>
      <div className={classNames("flex flex-wrap items-center gap-x-1 gap-y-1.5", !entry.on && "text-quiet")}>
        {order.map((part) => (
          <PartButton
            key={part}
            part={part}
            words={parts?.[part]}
            isOpen={open === part}
            controls={`${id}-part`}
            onToggle={() => setOpen(open === part ? null : part)}
          />
        ))}
      </div>
      {findings.map((finding) => (
        <p key={finding} className="flex items-start gap-1.5 text-[0.8125rem] text-urgent">
          <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
          {finding}
        </p>
      ))}
      {open ? (
        <section
          id={`${id}-part`}
          aria-label={`${partLabels[open]} of ${name}`}
          className="flex flex-col gap-3 rounded-md border border-line bg-ground p-3"
        >
          <PartEditor
            part={open}
            rule={entry.rule}
            choices={choices}
            onChange={(rule) => onChange({ ...entry, rule })}
          />
          <div className="flex flex-wrap items-end justify-between gap-3 border-t border-line pt-3">
            <Field
              label="Name of the rule"
              maxLength={60}
              autoComplete="off"
              placeholder={`Rule ${place + 1}`}
              className="w-full sm:w-72"
              value={entry.name}
              onChange={(event) => onChange({ ...entry, name: event.currentTarget.value })}
            />
            <Button onClick={() => setOpen(null)}>Done</Button>
          </div>
        </section>
      ) : null}
    </li>
  );
}

const dragType = "application/x-overread-rule";
/** Words that join the parts to one sentence. */
const before: Partial<Record<PartName, string>> = { who: "to" };

function PartButton({
  part,
  words,
  isOpen,
  controls,
  onToggle,
}: {
  part: PartName;
  words: string | undefined;
  isOpen: boolean;
  controls: string;
  onToggle: () => void;
}) {
  return (
    <>
      {before[part] ? <span className="text-quiet">{before[part]}</span> : null}
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? controls : undefined}
        aria-label={`${partLabels[part]}: ${words || unsaid[part]}`}
        title={`Change: ${partLabels[part].toLowerCase()}`}
        onClick={onToggle}
        className={classNames(
          "min-h-7 rounded border border-transparent px-1.5 text-left underline decoration-dotted underline-offset-4 hover:bg-hover",
          isOpen && "border-accent bg-accent-soft",
          !words && "text-quiet",
        )}
      >
        {words === undefined ? "…" : words || unsaid[part]}
      </button>
    </>
  );
}
