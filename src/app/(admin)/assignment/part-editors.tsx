"use client";

import { Plus, X } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Button, IconButton } from "../../_ui/button.tsx";
import { Field, SelectField } from "../../_ui/field.tsx";
import type { Choices, Condition, Parts, Rule } from "./types.ts";

export type PartName = keyof Parts;
type Props = { rule: Rule; choices: Choices; onChange: (rule: Rule) => void };
type Values = Extract<Condition, { values: unknown[] }>;

/** What a condition may ask, in the order in which it is offered. */
const fields: { field: Condition["field"]; label: string }[] = [
  { field: "priority", label: "Priority" },
  { field: "modality", label: "Modality" },
  { field: "body-region", label: "Body region" },
  { field: "facility", label: "Facility" },
  { field: "hospital", label: "Hospital" },
  { field: "patient-class", label: "Class of patient" },
  { field: "age-band", label: "Age of patient" },
  { field: "procedure", label: "Procedure" },
  { field: "read-type", label: "Kind of reading" },
  { field: "language", label: "Language of the report" },
  { field: "slack", label: "Time left until due" },
  { field: "waited", label: "Time since arrival" },
];
const labelOf = (field: Condition["field"]) => fields.find((each) => each.field === field)?.label ?? field;

/** The controls of one part of a rule's sentence. */
export function PartEditor({ part, ...props }: Props & { part: PartName }) {
  const { rule, onChange } = props;
  switch (part) {
    case "what":
      return <Conditions {...props} />;
    case "who":
      return <Readers {...props} />;
    case "schedule":
      return <Hours {...props} />;
    case "training":
      return (
        <Choice
          legend="Training"
          value={rule.subspecialty}
          options={[
            ["preferred", "Who is trained for it goes first, the others after"],
            ["required", "Only who is trained for it, and generalists"],
          ]}
          onChoose={(subspecialty) => onChange({ ...rule, subspecialty })}
        />
      );
    case "mode":
      return <HowGiven {...props} />;
    case "caps":
      return <Caps {...props} />;
    case "last":
      return (
        <Choice
          legend="If it finds nobody"
          value={rule.exclusive ? "last" : "next"}
          options={[
            ["next", "The rules below are asked"],
            ["last", "Nobody else: the case waits for somebody of this rule"],
          ]}
          onChoose={(value) => onChange({ ...rule, exclusive: value === "last" })}
        />
      );
  }
}

function Conditions({ rule, choices, onChange }: Props) {
  const set = (place: number, condition: Condition | null) =>
    onChange({ ...rule, when: condition ? rule.when.with(place, condition) : rule.when.toSpliced(place, 1) });
  return (
    <div className="flex flex-col gap-3">
      {rule.when.length === 0 ? <p className="text-quiet">No condition: every case fits.</p> : null}
      {rule.when.map((condition, place) => (
        <ConditionEditor
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity but its place
          key={`${condition.field}-${place}`}
          condition={condition}
          choices={choices}
          onChange={(changed) => set(place, changed)}
        />
      ))}
      <SelectField
        label="Add a condition"
        className="w-full sm:w-72"
        value=""
        onChange={(event) => {
          const added = newCondition(event.currentTarget.value as Condition["field"], choices);
          if (added) onChange({ ...rule, when: [...rule.when, added] });
        }}
      >
        <option value="">Choose what to ask</option>
        {fields
          .filter(({ field }) => newCondition(field, choices))
          .map(({ field, label }) => (
            <option key={field} value={field}>
              {label}
            </option>
          ))}
      </SelectField>
    </div>
  );
}

/** A condition that can be saved as it is; null where there is nothing to choose from. */
function newCondition(field: Condition["field"], choices: Choices): Condition | null {
  if (field === "slack") return { field, op: "under", minutes: 30 };
  if (field === "waited") return { field, op: "over", minutes: 60 };
  const first = choices.values[field][0];
  return first ? ({ field, op: "any-of", values: [first.value] } as Condition) : null;
}

function ConditionEditor({
  condition,
  choices,
  onChange,
}: {
  condition: Condition;
  choices: Choices;
  onChange: (condition: Condition | null) => void;
}) {
  const label = labelOf(condition.field);
  const remove = (
    <IconButton label={`Take out: ${label}`} onClick={() => onChange(null)}>
      <X className="size-4" aria-hidden="true" />
    </IconButton>
  );
  if (!("values" in condition))
    return (
      <div className="flex items-end gap-2">
        <Field
          label={
            condition.field === "slack" ? "Less than this many minutes left" : "Waiting for more than this many minutes"
          }
          type="number"
          min={0}
          max={100_000}
          className="w-full sm:w-72"
          value={condition.minutes}
          onChange={(event) => onChange({ ...condition, minutes: wholeNumber(event.currentTarget.value) ?? 0 })}
        />
        {remove}
      </div>
    );
  const values = condition.values as string[];
  const known = choices.values[condition.field];
  const gone = values.filter((value) => !known.some((each) => each.value === value));
  const toggle = (value: string) => {
    const next = values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
    onChange(next.length === 0 ? null : ({ ...condition, values: next } as Values));
  };
  return (
    <div className="flex flex-wrap items-start gap-2">
      <SelectField
        label={label}
        className="w-full sm:w-40"
        value={condition.op}
        onChange={(event) => onChange({ ...condition, op: event.currentTarget.value } as Values)}
      >
        <option value="any-of">is one of</option>
        <option value="none-of">is none of</option>
      </SelectField>
      <Checks
        legend={label}
        options={[...known, ...gone.map((value) => ({ value, label: `${value} (not there any more)` }))]}
        chosen={values}
        onToggle={toggle}
      />
      {remove}
    </div>
  );
}

function Readers({ rule, choices, onChange }: Props) {
  const { readerIds, groupIds } = rule.readers;
  const toggled = (list: readonly string[], id: string) =>
    list.includes(id) ? list.filter((each) => each !== id) : [...list, id];
  const readers = choices.readers.filter(({ id, left }) => !left || readerIds.includes(id));
  return (
    <div className="flex flex-col gap-3">
      <p className="text-quiet">Nobody chosen: all readers of the group.</p>
      {choices.groups.length > 0 ? (
        <Checks
          legend="Groups"
          options={choices.groups.map(({ id, name }) => ({ value: id, label: name }))}
          chosen={groupIds}
          onToggle={(id) => onChange({ ...rule, readers: { readerIds, groupIds: toggled(groupIds, id) } })}
        />
      ) : null}
      <Checks
        legend="Readers"
        options={readers.map(({ id, name, left }) => ({ value: id, label: left ? `${name} (has left)` : name }))}
        chosen={readerIds}
        onToggle={(id) => onChange({ ...rule, readers: { readerIds: toggled(readerIds, id), groupIds } })}
      />
    </div>
  );
}

const dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function Hours({ rule, choices, onChange }: Props) {
  const { schedule } = rule;
  const firstZone = choices.timeZones[0] ?? "UTC";
  const newWindow = { days: [1, 2, 3, 4, 5, 6, 7], from: "22:00", until: "06:00" };
  return (
    <div className="flex flex-col gap-3">
      <Choice
        legend="Hours"
        value={schedule ? "hours" : "always"}
        options={[
          ["always", "At all hours"],
          ["hours", "At these hours"],
        ]}
        onChoose={(value) =>
          onChange({ ...rule, schedule: value === "always" ? null : { timeZone: firstZone, windows: [newWindow] } })
        }
      />
      {schedule ? (
        <>
          {schedule.windows.map((window, place) => {
            const set = (changed: typeof window | null) => {
              const windows = changed ? schedule.windows.with(place, changed) : schedule.windows.toSpliced(place, 1);
              onChange({ ...rule, schedule: windows.length === 0 ? null : { ...schedule, windows } });
            };
            const toggle = (day: string) => {
              const number = Number(day);
              const days = window.days.includes(number)
                ? window.days.filter((each) => each !== number)
                : [...window.days, number].sort();
              if (days.length > 0) set({ ...window, days });
            };
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a window has no identity but its place
              <div key={place} className="flex flex-wrap items-end gap-3">
                <Checks
                  legend={`Days${schedule.windows.length > 1 ? ` of window ${place + 1}` : ""}`}
                  options={dayNames.map((label, n) => ({ value: String(n + 1), label }))}
                  chosen={window.days.map(String)}
                  onToggle={toggle}
                />
                <Field
                  label="From"
                  type="time"
                  required
                  className="w-32"
                  value={window.from}
                  onChange={(event) => event.currentTarget.value && set({ ...window, from: event.currentTarget.value })}
                />
                <Field
                  label="Until"
                  type="time"
                  required
                  className="w-32"
                  value={window.until}
                  onChange={(event) =>
                    event.currentTarget.value && set({ ...window, until: event.currentTarget.value })
                  }
                />
                <IconButton label={`Take out window ${place + 1}`} onClick={() => set(null)}>
                  <X className="size-4" aria-hidden="true" />
                </IconButton>
              </div>
            );
          })}
          <p className="text-xs text-quiet">
            A window whose end is not after its beginning goes on into the next day; both the same is 24 hours.
          </p>
          <div className="flex flex-wrap items-end gap-3">
            <SelectField
              label="By the clock of"
              className="w-full sm:w-72"
              value={schedule.timeZone}
              onChange={(event) =>
                onChange({ ...rule, schedule: { ...schedule, timeZone: event.currentTarget.value } })
              }
            >
              {[...new Set([...choices.timeZones, schedule.timeZone])].map((zone) => (
                <option key={zone} value={zone}>
                  {zone}
                </option>
              ))}
            </SelectField>
            <Button
              onClick={() =>
                onChange({ ...rule, schedule: { ...schedule, windows: [...schedule.windows, newWindow] } })
              }
            >
              <Plus className="size-4" aria-hidden="true" />
              Another window
            </Button>
          </div>
        </>
      ) : null}
    </div>
  );
}

const acceptTimes = [60, 120, 180, 300, 600, 900, 1800];

function HowGiven({ rule, onChange }: Props) {
  const { mode } = rule;
  const asks = mode.kind === "push" && mode.acceptSeconds !== null;
  const kind = mode.kind !== "push" ? mode.kind : asks ? "offer" : "assign";
  return (
    <div className="flex flex-col gap-3">
      <Choice
        legend="How it is given"
        value={kind}
        options={[
          ["pool", "Pool: who may see it in their list and claim it"],
          ["offer", "Offer: to one reader, who has some time to accept, then to the next"],
          ["assign", "Assign: to one reader without asking"],
          ["draw", "Draw: who asks for the next case gets the first in line and does not choose"],
        ]}
        onChoose={(value) =>
          onChange({
            ...rule,
            mode:
              value === "pool" || value === "draw"
                ? { kind: value }
                : { kind: "push", acceptSeconds: value === "offer" ? 180 : null },
          })
        }
      />
      {mode.kind === "push" && mode.acceptSeconds !== null ? (
        <SelectField
          label="Time to accept"
          className="w-full sm:w-48"
          value={mode.acceptSeconds}
          onChange={(event) =>
            onChange({ ...rule, mode: { kind: "push", acceptSeconds: Number(event.currentTarget.value) } })
          }
        >
          {[...new Set([...acceptTimes, mode.acceptSeconds])]
            .sort((a, b) => a - b)
            .map((seconds) => (
              <option key={seconds} value={seconds}>
                {seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`}
              </option>
            ))}
        </SelectField>
      ) : null}
    </div>
  );
}

function Caps({ rule, onChange }: Props) {
  const { caps } = rule;
  return (
    <div className="flex flex-wrap gap-3">
      <Field
        label="Open cases at most"
        type="number"
        min={1}
        max={1000}
        placeholder="no cap"
        className="w-full sm:w-48"
        value={caps.openCases ?? ""}
        onChange={(event) =>
          onChange({ ...rule, caps: { ...caps, openCases: wholeNumber(event.currentTarget.value) || null } })
        }
      />
      <Field
        label="Open work units at most"
        type="number"
        min={0.5}
        step={0.5}
        max={1000}
        placeholder="no cap"
        className="w-full sm:w-48"
        value={caps.openWorkUnits ?? ""}
        onChange={(event) => {
          const units = Number(event.currentTarget.value);
          onChange({ ...rule, caps: { ...caps, openWorkUnits: units > 0 ? units : null } });
        }}
      />
      <p className="w-full text-xs text-quiet">Of what one reader has in hand under this rule. STAT goes past it.</p>
    </div>
  );
}

function wholeNumber(text: string): number | null {
  const number = Number.parseInt(text, 10);
  return Number.isFinite(number) && number >= 0 ? Math.min(number, 100_000) : null;
}

function Checks({
  legend,
  options,
  chosen,
  onToggle,
}: {
  legend: string;
  options: readonly { value: string; label: string }[];
  chosen: readonly string[];
  onToggle: (value: string) => void;
}) {
  return (
    <fieldset className="min-w-0">
      <legend className="text-[0.8125rem] font-medium">{legend}</legend>
      <div className="flex max-h-56 flex-wrap gap-1.5 overflow-y-auto pt-1">
        {options.map(({ value, label }) => (
          <label
            key={value}
            className="inline-flex min-h-8 cursor-pointer items-center gap-1.5 rounded-md border border-line-strong/60 px-2 hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input type="checkbox" checked={chosen.includes(value)} onChange={() => onToggle(value)} />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Choice<V extends string>({
  legend,
  value,
  options,
  onChoose,
}: {
  legend: string;
  value: V;
  options: readonly (readonly [V, ReactNode])[];
  onChoose: (value: V) => void;
}) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="pb-1 text-[0.8125rem] font-medium">{legend}</legend>
      {options.map(([each, label]) => (
        <label key={each} className="flex min-h-6 cursor-pointer items-baseline gap-2">
          <input type="radio" name={name} checked={each === value} onChange={() => onChoose(each)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
