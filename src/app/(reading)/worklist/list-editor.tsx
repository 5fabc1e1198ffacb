"use client";

import {
  type CaseColumns,
  type CaseFilter,
  type CaseView,
  filterModalities,
  type SortColumn,
  sortColumns,
  type When,
} from "@overread/shared/case-view";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Inputs, Outputs } from "../../_trpc/types.ts";
import { Button, IconButton } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { Field, SelectField } from "../../_ui/field.tsx";
import { statusWords } from "../../_ui/in-words.ts";
import { useZone } from "../../_ui/now.tsx";
import { columnChoices } from "./case-views.ts";
import { columnsFor } from "./columns.tsx";

type Lists = Outputs["list"]["all"];
export type SavedList = Lists["lists"][number];
type Audience = Inputs["list"]["save"]["audience"];
/** What is kept of a list; without `listId` as a new one. */
export type ListToSave = Inputs["list"]["save"];

const bases = { next: "What I could read next", all: "All open cases", final: "Signed within a day" } as const;
const sortWords: Record<SortColumn, string> = {
  priority: "Priority",
  due: "Due",
  exam: "Modality",
  facility: "Facility",
  studyDate: "Study date and time",
  arrived: "Arrival",
  images: "Images",
  priors: "Priors",
  reader: "Reader",
  state: "State",
};
const { arriving, unread, claimed, drafted, preliminary, held } = statusWords;
const states = { arriving, unread, claimed, drafted, preliminary, held };
const roleWords: Partial<Record<string, string>> = {
  radiologist: "radiologists",
  worklist_manager: "worklist managers",
  technologist: "technologists",
  site_admin: "site administrators",
};

/** What a list shows, in what order, in which columns, and for whom it is kept. */
export function ListEditor({
  open,
  ...rest
}: {
  open: boolean;
  view: CaseView;
  saved: SavedList | null;
  lists: Lists | undefined;
  hospital: boolean;
  saving: boolean;
  onClose: () => void;
  onShow: (view: CaseView) => void;
  onSave: (list: ListToSave) => void;
  onRemove: (list: SavedList) => void;
}) {
  return (
    <Dialog open={open} onClose={rest.onClose} title={rest.saved ? rest.saved.name : "This list"}>
      <Form {...rest} />
    </Dialog>
  );
}

function Form({
  view: shown,
  saved,
  lists,
  hospital,
  saving,
  onShow,
  onSave,
  onRemove,
}: Omit<Parameters<typeof ListEditor>[0], "open">) {
  const [view, setView] = useState(shown);
  const [name, setName] = useState(saved?.name ?? "");
  const [pinned, setPinned] = useState(saved?.pinned ?? true);
  const [audience, setAudience] = useState(saved ? audienceText(saved) : "own");
  const put = (filter: Partial<{ [K in keyof CaseFilter]: CaseFilter[K] | undefined }>) =>
    setView((was) => ({
      ...was,
      filter: Object.fromEntries(
        Object.entries({ ...was.filter, ...filter }).filter(([, value]) => value !== undefined),
      ) as CaseFilter,
    }));
  const { filter } = view;
  const asSaved = (): ListToSave => ({
    name: name.trim(),
    audience: audienceOf(audience),
    pinned,
    view: wideEnough(view),
  });
  const edits = saved?.can.edit ?? false;

  return (
    <form
      className="flex max-h-[75dvh] flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        onShow(wideEnough(view));
      }}
    >
      {/* Room at the sides, where the ring of a focus would be cut. */}
      <div className="-mx-1 flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-1 pb-3">
        <Part title="Which cases">
          <SelectField
            data-first
            label="Of"
            value={view.base}
            onChange={({ target }) => setView({ ...view, base: target.value as CaseView["base"] })}
          >
            {Object.entries(bases).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </SelectField>
          <Choice
            label="Priority"
            values={{ stat: "STAT", urgent: "Urgent", routine: "Routine" }}
            chosen={filter.priority}
            onChoose={(priority) => put({ priority })}
          />
          <Choice label="State" values={states} chosen={filter.state} onChoose={(state) => put({ state })} />
          <Choice
            label="Modality"
            values={Object.fromEntries(filterModalities.map((each) => [each, each]))}
            chosen={filter.modality}
            onChoose={(modality) => put({ modality: modality as CaseFilter["modality"] })}
          />
          {lists && lists.facilities.length > 1 ? (
            <Choice
              label="Facility"
              values={Object.fromEntries(lists.facilities.map((each) => [each.facilityId, each.name]))}
              chosen={filter.facility}
              onChoose={(facility) => put({ facility })}
            />
          ) : null}
          <div className="grid gap-3 sm:grid-cols-3">
            <Time label="Due" value={filter.due} onChange={(due) => put({ due })} />
            <Time label="Arrived" value={filter.arrived} onChange={(arrived) => put({ arrived })} />
            <Time label="Study" value={filter.studied} onChange={(studied) => put({ studied })} />
            <One
              label="Order"
              value={filter.order}
              words={{ matched: "matched", none: "none" }}
              onChange={(order) => put({ order })}
            />
            <One
              label="Images"
              value={filter.images}
              words={{ whole: "all here", partly: "some to come", missing: "some missing", late: "some came late" }}
              onChange={(images) => put({ images })}
            />
            <One
              label="Priors"
              value={filter.priors}
              words={{ some: "there are", none: "none" }}
              onChange={(priors) => put({ priors })}
            />
            <One
              label="Question to the site"
              value={filter.question}
              words={{ asked: "asked", answered: "answered", none: "none" }}
              onChange={(question) => put({ question })}
            />
            {hospital ? null : (
              <>
                <One
                  label="Draft"
                  value={filter.draft}
                  words={{ mine: "mine", others: "a colleague's", none: "none" }}
                  onChange={(draft) => put({ draft })}
                />
                <One
                  label="Reader"
                  value={filter.reader}
                  words={{ me: "me", others: "a colleague", nobody: "nobody" }}
                  onChange={(reader) => put({ reader })}
                />
              </>
            )}
          </div>
        </Part>
        <Part title="In what order">
          <Order sort={view.sort} onChange={(sort) => setView({ ...view, sort })} />
        </Part>
        <Part title="In which columns">
          <Columns hospital={hospital} columns={view.columns} onChange={(columns) => setView({ ...view, columns })} />
        </Part>
        <Part title="Keep it">
          <div className="grid gap-3 sm:grid-cols-2">
            <Field
              label="Name"
              value={name}
              maxLength={60}
              autoComplete="off"
              hint="Never a patient's"
              onChange={({ target }) => setName(target.value)}
            />
            <SelectField label="For" value={audience} onChange={({ target }) => setAudience(target.value)}>
              <option value="own">me alone</option>
              {lists?.can.share || audience !== "own" ? (
                <>
                  <option value="everybody">everybody here</option>
                  {Object.entries(roleWords).map(([role, words]) => (
                    <option key={role} value={`role:${role}`}>
                      {words}
                    </option>
                  ))}
                  {lists?.groups.map((group) => (
                    <option key={group.groupId} value={`group:${group.groupId}`}>
                      {group.name}
                    </option>
                  ))}
                </>
              ) : null}
            </SelectField>
          </div>
          <label className="flex items-center gap-2">
            <input type="checkbox" checked={pinned} onChange={({ target }) => setPinned(target.checked)} />
            In the rail, with its count
          </label>
        </Part>
      </div>
      <footer className="flex flex-wrap items-center gap-2 border-t border-line pt-3">
        <Button type="submit" look="primary">
          Show
        </Button>
        {saved && edits ? (
          <Button
            disabled={saving || !name.trim()}
            onClick={() => onSave({ ...asSaved(), listId: saved.listId, version: saved.version })}
          >
            Save
          </Button>
        ) : null}
        <Button disabled={saving || !name.trim()} onClick={() => onSave(asSaved())}>
          {saved ? "Save as a new list" : "Save"}
        </Button>
        {saved && edits ? (
          <Button look="quiet-danger" className="ml-auto" onClick={() => onRemove(saved)}>
            Delete
          </Button>
        ) : null}
      </footer>
    </form>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-[0.8125rem] font-semibold text-quiet">{title}</h3>
      {children}
    </section>
  );
}

/** Several of a few values; none chosen: any. */
function Choice<V extends string>({
  label,
  values,
  chosen,
  onChoose,
}: {
  label: string;
  values: Record<V, string>;
  chosen: readonly V[] | undefined;
  onChoose: (chosen: V[] | undefined) => void;
}) {
  return (
    <fieldset className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <legend className="float-left mr-3 w-16 text-[0.8125rem] font-medium">{label}</legend>
      {(Object.entries(values) as [V, string][]).map(([value, words]) => (
        <label key={value} className="flex items-center gap-1.5 text-[0.8125rem]">
          <input
            type="checkbox"
            checked={chosen?.includes(value) ?? false}
            onChange={({ target }) => {
              const rest = (chosen ?? []).filter((each) => each !== value);
              const next = target.checked ? [...rest, value] : rest;
              onChoose(next.length > 0 ? next : undefined);
            }}
          />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

/** One of a few values, or any. */
function One<V extends string>({
  label,
  value,
  words,
  onChange,
}: {
  label: string;
  value: V | undefined;
  words: Record<V, string>;
  onChange: (value: V | undefined) => void;
}) {
  return (
    <SelectField
      label={label}
      value={value ?? ""}
      onChange={({ target }) => onChange(target.value === "" ? undefined : (target.value as V))}
    >
      <option value="">any</option>
      {(Object.entries(words) as [V, string][]).map(([each, word]) => (
        <option key={each} value={each}>
          {word}
        </option>
      ))}
    </SelectField>
  );
}

/** The times that are asked for, as `is:count:unit` or `on:day:zone`. */
const times = [
  ["within-last:30:minutes", "in the last 30 minutes"],
  ["within-last:2:hours", "in the last 2 hours"],
  ["within-last:8:hours", "in the last 8 hours"],
  ["within-last:24:hours", "in the last 24 hours"],
  ["within-last:7:days", "in the last 7 days"],
  ["within-next:15:minutes", "in the next 15 minutes"],
  ["within-next:1:hours", "in the next hour"],
  ["within-next:4:hours", "in the next 4 hours"],
  ["longer-ago:1:minutes", "in the past"],
  ["longer-ago:2:hours", "more than 2 hours ago"],
  ["on:0:facility", "today at the facility"],
  ["on:-1:facility", "yesterday at the facility"],
] as const;

function timeText(when: When): string {
  return when.is === "on" ? `on:${when.day}:${when.zone}` : `${when.is}:${when.count}:${when.unit}`;
}
function timeOf(text: string): When | undefined {
  const [is, count, rest = ""] = text.split(":") as [When["is"] | "", string, string];
  if (is === "") return undefined;
  if (is === "on") return { is, day: Number(count), zone: rest };
  return { is, count: Number(count), unit: rest as "minutes" | "hours" | "days" };
}

function Time({
  label,
  value,
  onChange,
}: {
  label: string;
  value: When | undefined;
  onChange: (value: When | undefined) => void;
}) {
  const zone = useZone();
  const offered: [string, string][] = [...times.map(([text, words]) => [text, words] as [string, string])];
  if (zone !== "UTC") offered.push([`on:0:${zone}`, `today in ${zone.replaceAll("_", " ")}`]);
  offered.push(["on:0:UTC", "today in UTC"]);
  const chosen = value ? timeText(value) : "";
  if (chosen && !offered.some(([text]) => text === chosen)) offered.push([chosen, chosen.replaceAll(":", " ")]);
  return (
    <SelectField label={label} value={chosen} onChange={({ target }) => onChange(timeOf(target.value))}>
      <option value="">any time</option>
      {offered.map(([text, words]) => (
        <option key={text} value={text}>
          {words}
        </option>
      ))}
    </SelectField>
  );
}

/** Up to three keys, the first counting most. */
function Order({ sort, onChange }: { sort: CaseView["sort"]; onChange: (sort: CaseView["sort"]) => void }) {
  const text = (key: CaseView["sort"][number] | undefined) => (key ? `${key.down ? "-" : ""}${key.by}` : "");
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      {[0, 1, 2].map((place) =>
        place > sort.length ? null : (
          <SelectField
            key={place}
            label={place === 0 ? "By" : "then by"}
            value={text(sort[place])}
            onChange={({ target }) => {
              const down = target.value.startsWith("-");
              const by = target.value.replace("-", "") as SortColumn;
              const key = target.value === "" ? [] : [{ by, down }];
              onChange(
                [...sort.slice(0, place), ...key, ...sort.slice(place + 1)].filter(
                  (each, index, all) => all.findIndex((other) => other.by === each.by) === index,
                ),
              );
            }}
          >
            <option value="">{place === 0 ? "urgency" : "nothing more"}</option>
            {sortColumns.map((by) => [
              <option key={by} value={by}>
                {sortWords[by]}, upwards
              </option>,
              <option key={`-${by}`} value={`-${by}`}>
                {sortWords[by]}, downwards
              </option>,
            ])}
          </SelectField>
        ),
      )}
    </div>
  );
}

function Columns({
  columns,
  hospital,
  onChange,
}: {
  columns: CaseColumns;
  hospital: boolean;
  onChange: (columns: CaseColumns) => void;
}) {
  const choices = columnChoices(columns, columnsFor(hospital));
  const put = (next: typeof choices) =>
    onChange(
      next
        .filter(({ shown }) => shown)
        .map(({ id, width }) => ({ id: id as CaseColumns[number]["id"], ...(width ? { width } : {}) })),
    );
  const move = (from: number, to: number) => {
    const next = [...choices];
    const [column] = next.splice(from, 1);
    if (column) next.splice(to, 0, column);
    put(next);
  };
  return (
    <>
      <ol className="grid gap-1 sm:grid-cols-2">
        {choices.map((column, place) => (
          <li key={column.id} className="flex items-center gap-1.5">
            <label className="flex min-w-0 flex-1 items-center gap-1.5 text-[0.8125rem]">
              <input
                type="checkbox"
                checked={column.shown}
                onChange={({ target }) =>
                  put(choices.map((each) => (each === column ? { ...each, shown: target.checked } : each)))
                }
              />
              {column.label}
            </label>
            <input
              aria-label={`Width of ${column.label} in pixels`}
              inputMode="numeric"
              placeholder="auto"
              value={column.width ?? ""}
              disabled={!column.shown}
              onChange={({ target }) => {
                const width = Number.parseInt(target.value, 10);
                const fits = Number.isInteger(width) && width > 0 && width <= 800;
                put(choices.map((each) => (each === column ? { ...each, width: fits ? width : null } : each)));
              }}
              className="tabular h-7 w-14 rounded-md border border-line-strong bg-panel px-1.5 text-xs"
            />
            <IconButton
              label={`${column.label} further forward`}
              disabled={place === 0}
              onClick={() => move(place, place - 1)}
            >
              <ArrowUp className="size-3.5" />
            </IconButton>
            <IconButton
              label={`${column.label} further back`}
              disabled={place === choices.length - 1}
              onClick={() => move(place, place + 1)}
            >
              <ArrowDown className="size-3.5" />
            </IconButton>
          </li>
        ))}
      </ol>
      {columns.length > 0 ? (
        <Button look="quiet" className="self-start" onClick={() => onChange([])}>
          All columns, by the room there is
        </Button>
      ) : null}
    </>
  );
}

/** While a width is typed it may be too small for a while. */
const wideEnough = (view: CaseView): CaseView => ({
  ...view,
  columns: view.columns.map((column) => (column.width ? { ...column, width: Math.max(24, column.width) } : column)),
});

function audienceText({ audience, role, groupId }: SavedList): string {
  if (audience === "role") return `role:${role}`;
  return audience === "group" ? `group:${groupId}` : audience;
}
function audienceOf(text: string): Audience {
  const [of, id = ""] = text.split(":");
  if (of === "role") return { of, role: id as (Audience & { of: "role" })["role"] };
  if (of === "group") return { of, groupId: id };
  return { of: of === "everybody" ? "everybody" : "own" };
}
