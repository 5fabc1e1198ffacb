"use client";

import { reportLanguages } from "@overread/shared/report-languages";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { appCodeOf, detailsOf, messageFor } from "../../../_trpc/errors.ts";
import type { ServiceLevels } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField, TextField } from "../../../_ui/field.tsx";
import { formatMoment } from "../../../_ui/format.ts";
import {
  changesInWords,
  dayWords,
  type Line,
  lineInWords,
  minutesInWords,
  patientClassWords,
  priorityWords,
  readHolidays,
  type Terms,
  typedHolidays,
  windowInWords,
} from "../../../_ui/service-level-words.ts";

type Window = NonNullable<Line["windows"]>[number];
type Draft = Terms & { typed: string };
const firstReadingHints: Record<Terms["firstReading"], string> = {
  final: "One reader signs the final report.",
  preliminary: "A preliminary report is with you at once; another reader goes over it and signs the final one.",
  double:
    "Two readers, neither of whom sees the other's words before his own are signed. You get one final report with both names; where they differ a third reader decides.",
};
const usual: Terms = {
  holidays: [],
  lines: [],
  otherwise: { stat: 30, urgent: 120, routine: 1440 },
  firstReading: "final",
  reportLanguage: "",
};
const anyTime: Window = { days: [1, 2, 3, 4, 5, 6, 7, "holiday"], from: "00:00", until: "00:00" };
const emptyLine: Line = {
  facilityIds: [],
  modalities: [],
  priorities: ["stat"],
  patientClasses: [],
  windows: null,
  minutes: 30,
};

/** The next version of a contract's service level: lines in their order, what they change, and what a study would be promised. */
export function ServiceLevelForm({
  contract,
  names,
  newest,
  onDone,
}: {
  contract: ServiceLevels;
  names: (facilityId: string) => string;
  /** Of the contract's versions the last one written. */
  newest: string | null;
  onDone: (saved: boolean) => void;
}) {
  const trpc = useTrpc();
  const before = contract.versions.find(({ inForce }) => inForce) ?? contract.versions[0] ?? usual;
  const slugOf = (id: string) => contract.facilities.find(({ facilityId }) => facilityId === id)?.slug ?? id;
  const [draft, setDraft] = useState<Draft>({
    lines: before.lines,
    otherwise: before.otherwise,
    holidays: before.holidays,
    firstReading: before.firstReading,
    reportLanguage: before.reportLanguage,
    typed: typedHolidays(before.holidays, slugOf),
  });
  const [from, setFrom] = useState("");
  // What this person has seen. A colleague's version that arrives meanwhile takes nothing from the draft, and is not passed over either.
  const [basedOn, setBasedOn] = useState(newest);
  const save = useMutation(trpc.serviceLevel.save.mutationOptions({ onSuccess: () => onDone(true) }));
  const { holidays, problem } = readHolidays(draft.typed, contract.facilities);
  const { typed: _, ...said } = draft;
  const terms: Terms = { ...said, holidays };
  const { gone, come } = changesInWords(before, terms, names);
  const isPast = appCodeOf(save.error) === "request.invalid" && detailsOf(save.error).fields === "validFrom";
  // The same terms again take the place of a version that has yet to begin.
  const differs = gone.length + come.length > 0 || contract.versions[0]?.inForce === false;
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const setLine = (index: number, line: Line | null) =>
    set({ lines: draft.lines.flatMap((each, at) => (at === index ? (line ? [line] : []) : [each])) });
  const move = (index: number) => {
    const lines = [...draft.lines];
    const [line] = lines.splice(index, 1);
    if (line) lines.splice(index - 1, 0, line);
    set({ lines });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!problem) save.mutate({ contractId: contract.contractId, basedOn, validFrom: from || null, terms });
  };

  return (
    <form onSubmit={submit} aria-label="New version" className="flex flex-col gap-4">
      {draft.lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name but its place
        <fieldset key={index} className="flex flex-col gap-3 rounded-md border border-line p-3">
          <legend className="px-1 font-medium">
            {index + 1}. {lineInWords(line, names)}
          </legend>
          <LineFields line={line} contract={contract} onChange={(changed) => setLine(index, changed)} />
          <div className="flex gap-2">
            <Button type="button" disabled={index === 0} onClick={() => move(index)}>
              Up
            </Button>
            <Button type="button" onClick={() => setLine(index, null)}>
              Remove line {index + 1}
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button type="button" onClick={() => set({ lines: [...draft.lines, emptyLine] })}>
          Add a line
        </Button>
      </div>
      <fieldset className="grid gap-4 sm:grid-cols-3">
        <legend className="mb-2 font-medium">Where no line fits, minutes</legend>
        {(["stat", "urgent", "routine"] as const).map((each) => (
          <Field
            key={each}
            label={priorityWords[each]}
            type="number"
            min={1}
            max={86_400}
            required
            value={draft.otherwise[each]}
            onChange={({ target }) => set({ otherwise: { ...draft.otherwise, [each]: Number(target.value) } })}
          />
        ))}
      </fieldset>
      <TextField
        label="Holidays"
        rows={3}
        value={draft.typed}
        onChange={({ target }) => set({ typed: target.value })}
        hint={
          problem ??
          `A date on each line, as 2026-12-25; behind it the facilities that keep it, where not all do: ${contract.facilities.map(({ slug }) => slug).join(", ")}`
        }
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="First reading"
          value={draft.firstReading}
          onChange={({ target }) => set({ firstReading: target.value as Terms["firstReading"] })}
          hint={firstReadingHints[draft.firstReading]}
        >
          <option value="final">Final</option>
          <option value="preliminary">Preliminary, then over-read</option>
          <option value="double">Two independent readings</option>
        </SelectField>
        <SelectField
          label="Language of the reports"
          value={draft.reportLanguage}
          onChange={({ target }) => set({ reportLanguage: target.value })}
          hint="Cases go to readers who write in it."
        >
          <option value="">Any</option>
          {Object.entries(reportLanguages).map(([tag, name]) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
      <Field
        label={`Valid from (${contract.timeZone})`}
        type="datetime-local"
        className="max-w-72"
        value={from}
        onChange={({ target }) => setFrom(target.value)}
        hint="Empty: from now on"
        error={isPast ? "A version cannot begin in the past." : undefined}
      />
      <section aria-label="What changes" className="rounded-md border border-line p-3">
        <h3 className="font-medium">What changes against the version in force</h3>
        {gone.length + come.length === 0 ? <p className="text-quiet">Nothing yet.</p> : null}
        <ul>
          {gone.map((each) => (
            <li key={each} className="text-quiet">
              <del>{each}</del>
            </li>
          ))}
          {come.map((each) => (
            <li key={each}>
              <ins className="no-underline">+ {each}</ins>
            </li>
          ))}
        </ul>
      </section>
      <Trial contract={contract} terms={terms} names={names} />
      {basedOn !== newest ? (
        <div role="alert" className="flex flex-wrap items-center gap-3 text-stat">
          <p>Somebody else wrote a version meanwhile; it stands below. Your draft is kept.</p>
          <Button type="button" onClick={() => setBasedOn(newest)}>
            I have looked at it
          </Button>
        </div>
      ) : null}
      {save.error && !isPast && basedOn === newest ? (
        <p role="alert" className="text-stat">
          {messageFor(save.error)}
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button
          type="submit"
          look="primary"
          disabled={save.isPending || problem !== null || !differs || basedOn !== newest}
        >
          Save as a new version
        </Button>
        <Button type="button" onClick={() => onDone(false)}>
          Leave it
        </Button>
      </div>
    </form>
  );
}

function LineFields({
  line,
  contract,
  onChange,
}: {
  line: Line;
  contract: ServiceLevels;
  onChange: (line: Line) => void;
}) {
  const windows = line.windows ?? [];
  /** A line without a window would hold at any time. */
  const setWindows = (changed: Window[]) => onChange({ ...line, windows: changed.length > 0 ? changed : null });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Modalities"
          value={line.modalities.join(" ")}
          hint="As CT MR; empty: any"
          onChange={({ target }) =>
            onChange({
              ...line,
              modalities: target.value
                .toUpperCase()
                .split(/[^A-Z0-9]+/)
                .filter((each, at, all) => each !== "" || at === all.length - 1),
            })
          }
          onBlur={() => onChange({ ...line, modalities: line.modalities.filter(Boolean) })}
        />
        <Field
          label="Minutes"
          type="number"
          min={1}
          max={86_400}
          required
          value={line.minutes}
          onChange={({ target }) => onChange({ ...line, minutes: Number(target.value) })}
        />
      </div>
      <Choices
        legend="Priority"
        all={Object.entries(priorityWords)}
        chosen={line.priorities}
        onChange={(priorities) => onChange({ ...line, priorities: priorities as Line["priorities"] })}
      />
      <Choices
        legend="Patient"
        all={Object.entries(patientClassWords)}
        chosen={line.patientClasses}
        onChange={(patientClasses) => onChange({ ...line, patientClasses: patientClasses as Line["patientClasses"] })}
      />
      {contract.facilities.length > 1 ? (
        <Choices
          legend="Facility"
          all={contract.facilities.map(({ facilityId, name }) => [facilityId, name])}
          chosen={line.facilityIds}
          onChange={(facilityIds) => onChange({ ...line, facilityIds })}
        />
      ) : null}
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={line.windows !== null}
          onChange={({ target }) => onChange({ ...line, windows: target.checked ? [anyTime] : null })}
        />
        Only at certain times
      </label>
      {windows.map((window, index) => (
        <WindowFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a window has no name but its place
          key={index}
          legend={`Time ${index + 1}: ${windowInWords(window)}`}
          window={window}
          onChange={(changed) =>
            setWindows(windows.flatMap((each, at) => (at === index ? (changed ? [changed] : []) : [each])))
          }
          isOnly={windows.length === 1}
        />
      ))}
      {windows.length > 0 ? (
        <div>
          <Button type="button" onClick={() => setWindows([...windows, anyTime])}>
            Add a time
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** Days and hours at which a line holds; null takes them away. */
function WindowFields({
  legend,
  window,
  onChange,
  isOnly,
}: {
  legend: string;
  window: Window;
  onChange: (window: Window | null) => void;
  isOnly: boolean;
}) {
  return (
    <fieldset className="flex flex-col gap-3 border-l-2 border-line pl-3">
      <legend className="sr-only">{legend}</legend>
      <Choices
        legend="Days"
        all={[...dayWords.map((word, index) => [String(index + 1), word] as [string, string]), ["holiday", "Holidays"]]}
        chosen={window.days.map(String)}
        onChange={(days) =>
          days.length > 0
            ? onChange({ ...window, days: days.map((each) => (each === "holiday" ? each : (Number(each) as 1))) })
            : undefined
        }
      />
      <div className="flex flex-wrap items-end gap-4">
        <Field
          label="From"
          type="time"
          required
          className="w-36"
          value={window.from}
          onChange={({ target }) => onChange({ ...window, from: target.value })}
        />
        <Field
          label="Until"
          type="time"
          required
          className="w-36"
          value={window.until}
          onChange={({ target }) => onChange({ ...window, until: target.value })}
        />
        {isOnly ? null : (
          <Button type="button" onClick={() => onChange(null)}>
            Remove this time
          </Button>
        )}
      </div>
    </fieldset>
  );
}

/** Checkboxes; none is any. */
function Choices({
  legend,
  all,
  chosen,
  onChange,
}: {
  legend: string;
  all: [value: string, label: string][];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}) {
  return (
    <fieldset>
      <legend className="text-[0.8125rem] font-medium">{legend}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {all.map(([value, label]) => (
          <label key={value} className="flex items-center gap-1.5">
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ target }) =>
                onChange(
                  all.map(([each]) => each).filter((each) => (each === value ? target.checked : chosen.includes(each))),
                )
              }
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** When would a study be due that arrives then? */
function Trial({ contract, terms, names }: { contract: ServiceLevels; terms: Terms; names: (id: string) => string }) {
  const trpc = useTrpc();
  const [study, setStudy] = useState({
    facilityId: contract.facilities[0]?.facilityId ?? "",
    modality: "CT",
    priority: "stat" as Line["priorities"][number],
    patientClass: "emergency" as Line["patientClasses"][number],
    arrivesAt: "",
  });
  const ask = useMutation(trpc.serviceLevel.try.mutationOptions());
  const answer = ask.data;
  const line = answer && answer.then.line !== null ? terms.lines[answer.then.line] : null;
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border border-line p-3">
      <legend className="px-1 font-medium">Try it with a study</legend>
      <div className="grid gap-4 sm:grid-cols-3">
        <SelectField
          label="From"
          value={study.facilityId}
          onChange={({ target }) => setStudy({ ...study, facilityId: target.value })}
        >
          {contract.facilities.map(({ facilityId, name }) => (
            <option key={facilityId} value={facilityId}>
              {name}
            </option>
          ))}
        </SelectField>
        <Field
          label="Modality"
          value={study.modality}
          onChange={({ target }) => setStudy({ ...study, modality: target.value.toUpperCase() })}
        />
        <SelectField
          label="Priority"
          value={study.priority}
          onChange={({ target }) => setStudy({ ...study, priority: target.value as typeof study.priority })}
        >
          {Object.entries(priorityWords).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Patient"
          value={study.patientClass}
          onChange={({ target }) => setStudy({ ...study, patientClass: target.value as typeof study.patientClass })}
        >
          {Object.entries(patientClassWords).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <Field
          label="Arrives at"
          type="datetime-local"
          value={study.arrivesAt}
          hint="On the facility's clock"
          onChange={({ target }) => setStudy({ ...study, arrivesAt: target.value })}
        />
      </div>
      <div>
        <Button
          type="button"
          disabled={study.arrivesAt === "" || ask.isPending}
          onClick={() => ask.mutate({ contractId: contract.contractId, terms, ...study })}
        >
          When is it due?
        </Button>
      </div>
      {answer ? (
        <p role="status">
          Due {formatMoment(answer.then.dueAt, answer.timeZone)}, {minutesInWords(answer.then.minutes)} after it arrives
          {line ? `, by line ${(answer.then.line ?? 0) + 1}: ${lineInWords(line, names)}` : ", since no line fits"}.
          {answer.asItStands && answer.asItStands.minutes !== answer.then.minutes
            ? ` As it stands: ${formatMoment(answer.asItStands.dueAt, answer.timeZone)}.`
            : ""}
        </p>
      ) : null}
      {ask.error ? (
        <p role="alert" className="text-stat">
          {messageFor(ask.error)}
        </p>
      ) : null}
    </fieldset>
  );
}
