"use client";

import { type CaseFilter, type CaseView, filterModalities } from "@overread/shared/case-view";
import { type ReactNode, useState } from "react";
import type { Inputs, Outputs } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { Field, SelectField } from "../../_ui/field.tsx";
import { statusWords } from "../../_ui/in-words.ts";
import { Columns, Order } from "./list-columns.tsx";
import { Choice, One, Time } from "./list-filter-fields.tsx";

type Lists = Outputs["list"]["all"];
export type SavedList = Lists["lists"][number];
type Audience = Inputs["list"]["save"]["audience"];
/** What is kept of a list; without `listId` as a new one. */
export type ListToSave = Inputs["list"]["save"];

const bases = { next: "What I could read next", all: "All open cases", final: "Signed within a day" } as const;
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
            <One
              label="Tech check"
              value={filter.techCheck}
              words={{ waiting: "not checked", complete: "checked", none: "not asked for" }}
              onChange={(techCheck) => put({ techCheck })}
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
                <One
                  label="Offered or assigned to"
                  value={filter.given}
                  words={{ me: "me", others: "a colleague", nobody: "nobody" }}
                  onChange={(given) => put({ given })}
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

/** While a width is typed it may be too small for a while. */
const wideEnough = (view: CaseView): CaseView => ({
  ...view,
  columns: view.columns.map((column) => (column.width ? { ...column, width: Math.max(24, column.width) } : column)),
});

/** A list that is kept, as it is saved again. */
export const asKept = (saved: SavedList): ListToSave => ({
  listId: saved.listId,
  version: saved.version,
  name: saved.name,
  audience: audienceOf(audienceText(saved)),
  pinned: saved.pinned,
  view: saved.view,
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
