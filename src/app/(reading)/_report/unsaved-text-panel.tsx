"use client";

import { useCallback, useEffect, useState } from "react";
import { serverNow } from "../../_trpc/server-time.ts";
import { Button } from "../../_ui/button.tsx";
import { classNames } from "../../_ui/class-names.ts";
import { When } from "../../_ui/now.tsx";
import { idsInUse, whenWindowClosed } from "../../_unsaved-text/saver.ts";
import { canStoreUnsavedText, type UnsavedText } from "../../_unsaved-text/store.ts";
import { useUnsavedTextStore } from "../../_unsaved-text/use-store.ts";
import { SectionChoices } from "./conflict-panel.tsx";
import {
  type Choice,
  clashesOf,
  compareWithReport,
  type DraftText,
  resolveText,
  sameText,
  type UnsavedDraft,
} from "./draft-state.ts";

const choices: { value: Choice; label: string }[] = [
  { value: "mine", label: "Restore" },
  { value: "theirs", label: "Leave as it is" },
  { value: "both", label: "Keep both" },
];

/**
 * Offers text of this case that an earlier window of the same person could not save (a crash, a closed tab, an expired
 * session), beside the current report. Nothing is restored or discarded before the reader has chosen.
 */
export function UnsavedTextPanel({
  caseId,
  userId,
  now,
  onRestore,
  className,
}: {
  caseId: string;
  userId: string;
  /** The report on the screen; null where it can no longer be edited. */
  now: DraftText | null;
  /** Null while this person may not write. */
  onRestore: ((id: string, text: DraftText) => void) | null;
  className?: string;
}) {
  const openStore = useUnsavedTextStore<UnsavedDraft>(userId);
  const [found, setFound] = useState<UnsavedText<UnsavedDraft>[]>([]);
  const [picked, setPicked] = useState<Record<string, Choice>>({});
  const gone = useCallback((id: string) => {
    setPicked({});
    setFound((was) => was.filter((each) => each.id !== id));
  }, []);
  const forget = useCallback(
    (id: string) => {
      gone(id);
      void openStore()
        .then((opened) => opened.delete([id]))
        .catch(() => {});
    },
    [openStore, gone],
  );

  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    const watched = new Set<string>();
    const look = async (): Promise<void> => {
      const opened = await openStore();
      const [all, inUse] = await Promise.all([opened.list(serverNow()), idsInUse()]);
      if (signal.aborted) return;
      const ours = all.filter(({ content: draft }) => draft.caseId === caseId);
      setFound(ours.filter(({ id }) => !inUse.has(id)));
      // Texts of another open window, or of one that is just closing, are offered when it has closed.
      for (const { id } of ours)
        if (inUse.has(id) && !watched.has(id)) {
          watched.add(id);
          void whenWindowClosed(id, signal).then(look, () => {});
        }
    };
    // Without the key or the storage there is nothing to offer; stored text stays for the next visit.
    if (canStoreUnsavedText()) void look().catch(() => {});
    return () => left.abort();
  }, [caseId, openStore]);

  // The last save of a closing window may have succeeded without the window learning of it.
  const saved = now ? found.find(({ content: draft }) => sameText(draft.text, now)) : undefined;
  useEffect(() => {
    if (saved) forget(saved.id);
  }, [saved, forget]);

  const newest = found.find((each) => each !== saved);
  if (!newest) return null;
  const { id, at, content: draft } = newest;
  const beside = compareWithReport(draft, now ?? draft.base);
  const clashes = clashesOf(beside);
  return (
    <section
      aria-label="Words that were not saved"
      className={classNames("flex flex-col gap-3 rounded-md border border-urgent/60 bg-panel p-3", className)}
    >
      <div role="alert">
        <h3 className="font-semibold">
          Words not saved at <When at={at} />
        </h3>
        <p className="text-quiet">
          {now
            ? "You wrote them here before the window closed; only this browser has them. Nothing changes until you choose."
            : "You wrote them here, and the report has gone on without them. Copy what you need, then discard them."}
        </p>
      </div>
      {now ? (
        <SectionChoices
          clashes={clashes}
          picked={picked}
          onPick={(key, value) => setPicked((was) => ({ ...was, [key]: value }))}
          labels={{ mine: "Not saved", theirs: "In the report now" }}
          choices={choices}
        />
      ) : (
        <dl className="flex flex-col gap-1.5 text-[0.8125rem]">
          {clashes.map(({ key, title, mine }) => (
            <div key={key}>
              <dt className="text-xs text-quiet">{title}</dt>
              <dd className="whitespace-pre-wrap select-text">{mine || "(empty)"}</dd>
            </div>
          ))}
        </dl>
      )}
      {clashes.length === 0 ? <p>The words are the same; key images or the template differ.</p> : null}
      <div className="flex flex-wrap items-center gap-2">
        {now ? (
          <Button
            look="primary"
            disabled={!onRestore}
            onClick={() => {
              onRestore?.(id, resolveText(beside, picked));
              gone(id);
            }}
          >
            Restore
          </Button>
        ) : null}
        <Button onClick={() => forget(id)}>Discard</Button>
        {now && !onRestore ? <span className="text-quiet">To restore them, claim the case first.</span> : null}
      </div>
    </section>
  );
}
