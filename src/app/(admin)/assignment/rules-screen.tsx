"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { ListOrdered, Plus } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { appCodeOf, detailsOf } from "../../_trpc/errors.ts";
import type { Me } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { EmptyState } from "../../_ui/empty-state.tsx";
import { Field } from "../../_ui/field.tsx";
import { plural } from "../../_ui/format.ts";
import { Problem } from "../../_ui/problem.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { OfficePage } from "../office-page.tsx";
import { changesOf, moved, nameOf, newEntry, replaced, withCopy } from "./edit-rules.ts";
import { findingWords } from "./finding-words.ts";
import { RehearsalPanel } from "./rehearsal-panel.tsx";
import { RuleCard } from "./rule-card.tsx";
import { CompareDialog, RuleHistory } from "./rule-history.tsx";
import type { Checked, Entry, RulesAnswer } from "./types.ts";

const checkAfterMs = 250;

/** The rules of the group in order, as sentences whose parts are controls. Nothing is in force until it is saved. */
export function RulesScreen({ me, initial, at }: { me: Me; initial: RulesAnswer; at: number }) {
  const trpc = useTrpc();
  const toast = useToast();
  const query = useQuery(trpc.rules.list.queryOptions(undefined, { initialData: initial, initialDataUpdatedAt: at }));
  const saved = query.data;
  /** What is edited, and the version that it began from. */
  const [draft, setDraft] = useState<{ basedOn: number; sheet: Entry[] } | null>(null);
  const entries = draft?.sheet ?? saved.sheet;
  const changes = draft ? changesOf(saved.sheet, draft.sheet) : [];
  const { checked, checking } = useChecked(entries, draft ? null : saved.checked);
  const [comparing, setComparing] = useState<number | null>(null);
  const edit = (change: (sheet: Entry[]) => Entry[]) =>
    setDraft((now) => ({ basedOn: now?.basedOn ?? saved.version, sheet: change(now?.sheet ?? saved.sheet) }));
  useWarnBeforeLeaving(changes.length > 0);

  const refresh = async () => {
    await query.refetch();
    setDraft(null);
  };
  const save = useMutation(
    trpc.rules.save.mutationOptions({
      onSuccess: async ({ version }) => {
        await refresh();
        toast(`The rules are in force as version ${version}.`);
      },
      onError: () => void query.refetch(),
    }),
  );
  const restore = useMutation(
    trpc.rules.restore.mutationOptions({
      onSuccess: async ({ version }) => {
        await refresh();
        toast(`The earlier rules are in force again, as version ${version}.`);
      },
      onError: () => void query.refetch(),
    }),
  );
  const remove = (place: number) => {
    const entry = entries[place];
    if (!entry) return;
    edit((sheet) => sheet.toSpliced(place, 1));
    toast(`${nameOf(entry, place)} is deleted.`, {
      action: { label: "Undo", run: () => edit((sheet) => sheet.toSpliced(Math.min(place, sheet.length), 0, entry)) },
    });
  };
  const ruleName = (ruleId: string) => {
    const place = entries.findIndex(({ rule }) => rule.id === ruleId);
    return entries[place] ? nameOf(entries[place], place) : "a rule";
  };
  const conflict = appCodeOf(save.error) === "rules.version-conflict" ? detailsOf(save.error) : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget).get("note") ?? "");
    if (draft) save.mutate({ ...draft, note });
  };

  return (
    <OfficePage
      me={me}
      wide
      title="Assignment rules"
      intro="Asked from the top: the first rule that fits a case and finds somebody who may read it decides. A case of which no rule speaks is in the pool of all who may read it."
      act={
        <Button look="primary" onClick={() => edit((sheet) => [...sheet, newEntry()])}>
          <Plus className="size-4" aria-hidden="true" />
          New rule
        </Button>
      }
    >
      {entries.length === 0 ? (
        <div className="rounded-lg border border-dashed border-line-strong/60">
          <EmptyState icon={ListOrdered} title="No rules">
            Every case is in the pool: whoever may read it sees it in the list and claims it.
          </EmptyState>
        </div>
      ) : (
        <ol className="flex flex-col gap-2" aria-label="Rules, in the order in which they are asked">
          {entries.map((entry, place) => (
            <RuleCard
              key={entry.rule.id}
              entry={entry}
              place={place}
              count={entries.length}
              parts={checked?.partsOf.get(entry.rule.id) ?? null}
              findings={(checked?.findings ?? [])
                .filter(({ ruleId }) => ruleId === entry.rule.id)
                .map((finding) => findingWords(finding, saved.choices, ruleName))}
              choices={saved.choices}
              onChange={(changed) => edit((sheet) => replaced(sheet, entry.rule.id, () => changed))}
              onMove={(from, to) => edit((sheet) => moved(sheet, from, to))}
              onCopy={() => edit((sheet) => withCopy(sheet, place))}
              onRemove={() => remove(place)}
            />
          ))}
        </ol>
      )}
      {draft && (changes.length > 0 || conflict) ? (
        <form
          onSubmit={submit}
          aria-label="Unsaved changes"
          className="sticky bottom-0 z-10 flex flex-col gap-3 rounded-lg border border-accent bg-panel p-3 shadow-float"
        >
          {conflict ? (
            <div role="alert" className="flex flex-wrap items-center justify-between gap-3 text-urgent">
              <p>
                {String(conflict.savedByName)} saved version {String(conflict.version)} meanwhile. Nothing of yours is
                lost, and nothing of theirs was overwritten.
              </p>
              <span className="flex flex-wrap gap-2">
                <Button onClick={() => setComparing(Number(conflict.version))}>See the difference</Button>
                <Button
                  onClick={() => {
                    save.reset();
                    setDraft({ ...draft, basedOn: Number(conflict.version) });
                  }}
                >
                  Go on with mine instead of theirs
                </Button>
              </span>
            </div>
          ) : (
            <Problem error={save.error} />
          )}
          <div className="flex flex-wrap items-end justify-between gap-3">
            <p className="font-medium">
              {plural(changes.length, "rule")} changed, not in force yet
              {checking ? <span className="sr-only"> (checking)</span> : null}
            </p>
            <div className="flex flex-wrap items-end gap-2">
              <Field
                label="Note"
                name="note"
                maxLength={300}
                autoComplete="off"
                placeholder="Why, for whoever reads it later"
                className="w-full sm:w-72"
              />
              <Button
                onClick={() => {
                  save.reset();
                  setDraft(null);
                }}
              >
                Discard
              </Button>
              <Button type="submit" look="primary" disabled={save.isPending || conflict !== null}>
                Save and put in force
              </Button>
            </div>
          </div>
        </form>
      ) : null}
      <RehearsalPanel entries={entries} ruleName={ruleName} />
      <section className="flex flex-col gap-2" aria-label="History">
        <h2 className="text-base font-semibold">History</h2>
        <Problem error={restore.error} />
        <RuleHistory
          history={saved.history}
          inForce={saved.version}
          now={{ sheet: entries, sentences: entries.map(({ rule }) => checked?.sentenceOf.get(rule.id) ?? "…") }}
          busy={restore.isPending || changes.length > 0}
          onRestore={(version) => restore.mutate({ basedOn: saved.version, version })}
        />
      </section>
      <CompareDialog
        version={comparing}
        now={{ sheet: entries, sentences: entries.map(({ rule }) => checked?.sentenceOf.get(rule.id) ?? "…") }}
        onClose={() => setComparing(null)}
      />
    </OfficePage>
  );
}

/** The words of each rule by its id, from the server that plays them; the last ones stay until new ones come. */
function useChecked(entries: Entry[], known: Checked | null) {
  const trpc = useTrpc();
  const [told, setTold] = useState<{ entries: Entry[]; checked: Checked } | null>(known && { entries, checked: known });
  const newest = useRef(entries);
  newest.current = entries;
  const { mutate, isPending } = useMutation(trpc.rules.check.mutationOptions());
  useEffect(() => {
    if (known) return setTold({ entries, checked: known });
    const keep = (checked: Checked) => newest.current === entries && setTold({ entries, checked });
    const timer = setTimeout(() => mutate({ sheet: entries }, { onSuccess: keep }), checkAfterMs);
    return () => clearTimeout(timer);
  }, [entries, known, mutate]);
  const of = known ? { entries, checked: known } : told;
  if (!of) return { checked: null, checking: isPending };
  const ids = of.entries.map(({ rule }) => rule.id);
  return {
    checked: {
      partsOf: new Map(ids.map((id, n) => [id, of.checked.parts[n]])),
      sentenceOf: new Map(ids.map((id, n) => [id, of.checked.sentences[n]])),
      findings: of.checked.findings,
    },
    checking: isPending,
  };
}

function useWarnBeforeLeaving(isDirty: boolean) {
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isDirty]);
}
