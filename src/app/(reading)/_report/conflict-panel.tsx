"use client";

import { useId, useState } from "react";
import { Button } from "../../_ui/button.tsx";
import {
  type Choice,
  clashesOf,
  type DraftState,
  type DraftText,
  resolveText,
  type SectionClash,
} from "./draft-state.ts";

const choices: { value: Choice; label: string }[] = [
  { value: "mine", label: "Keep mine" },
  { value: "theirs", label: "Take the other" },
  { value: "both", label: "Keep both" },
];

/**
 * Two windows edited the report: shows both texts side by side, section by section. Nothing is discarded before the
 * reader has chosen.
 */
export function ConflictPanel({ state, onResolve }: { state: DraftState; onResolve: (text: DraftText) => void }) {
  const [picked, setPicked] = useState<Record<string, Choice>>({});
  const clashes = clashesOf(state);
  if (!state.theirs)
    return (
      <p role="alert" className="rounded-md border border-urgent/60 bg-urgent-soft p-3">
        This report was saved in another window. Fetching what was written there; your text is kept.
      </p>
    );
  const all = (choice: Choice) =>
    onResolve(resolveText(state, Object.fromEntries(clashes.map(({ key }) => [key, choice]))));
  return (
    <section
      aria-label="Two versions of this report"
      className="flex flex-col gap-3 rounded-md border border-urgent/60 bg-panel p-3"
    >
      <div role="alert">
        <h3 className="font-semibold">This report was also changed in another window</h3>
        <p className="text-quiet">Both texts are here. Choose what goes on; nothing is saved until then.</p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => all("mine")}>Keep mine everywhere</Button>
        <Button onClick={() => all("theirs")}>Take the other everywhere</Button>
      </div>
      <SectionChoices
        clashes={clashes}
        picked={picked}
        onPick={(key, value) => setPicked((was) => ({ ...was, [key]: value }))}
        labels={{ mine: "Mine", theirs: "Other window" }}
        choices={choices}
      />
      <Button look="primary" onClick={() => onResolve(resolveText(state, picked))}>
        Go on with this
      </Button>
    </section>
  );
}

/** The sections in which two texts differ, with a choice for each. */
export function SectionChoices({
  clashes,
  picked,
  onPick,
  labels,
  choices,
}: {
  clashes: SectionClash[];
  picked: Record<string, Choice>;
  onPick: (key: string, choice: Choice) => void;
  labels: { mine: string; theirs: string };
  choices: { value: Choice; label: string }[];
}) {
  const name = useId();
  return clashes.map((clash) => {
    const choice = picked[clash.key] ?? clash.suggested;
    return (
      <fieldset key={clash.key} className="flex flex-col gap-1.5 border-t border-line pt-2">
        <legend className="float-left w-full text-xs font-medium text-quiet">{clash.title}</legend>
        <div className="grid grid-cols-2 gap-2 text-[0.8125rem]">
          <Side label={labels.mine} text={clash.mine} chosen={choice !== "theirs"} />
          <Side label={labels.theirs} text={clash.theirs} chosen={choice !== "mine"} />
        </div>
        <div className="flex flex-wrap gap-x-4 gap-y-1">
          {choices.map(({ value, label }) => (
            <label key={value} className="inline-flex items-center gap-1.5">
              <input
                type="radio"
                name={`${name}-${clash.key}`}
                checked={choice === value}
                onChange={() => onPick(clash.key, value)}
                className="accent-(--accent)"
              />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
    );
  });
}

function Side({ label, text, chosen }: { label: string; text: string; chosen: boolean }) {
  return (
    <div className={`rounded border p-2 ${chosen ? "border-accent" : "border-line opacity-75"}`}>
      <p className="text-xs text-quiet">{label}</p>
      <p className="whitespace-pre-wrap">{text || "(empty)"}</p>
    </div>
  );
}
