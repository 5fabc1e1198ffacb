"use client";

import { useCallback, useEffect, useState } from "react";
import { serverNow } from "../../_trpc/server-time.ts";
import { Button } from "../../_ui/button.tsx";
import { classNames } from "../../_ui/class-names.ts";
import { When } from "../../_ui/now.tsx";
import { canKeepWords, type Kept } from "../../_words/kept-words.ts";
import { useChest } from "../../_words/use-chest.ts";
import { idsInUse, whenLeft } from "../../_words/words-keeper.ts";
import { SectionChoices } from "./conflict-panel.tsx";
import {
  besideReport,
  type Choice,
  clashesOf,
  type DraftText,
  resolveText,
  sameText,
  type UnsavedWords,
} from "./draft-state.ts";

const choices: { value: Choice; label: string }[] = [
  { value: "mine", label: "Restore" },
  { value: "theirs", label: "Leave as it is" },
  { value: "both", label: "Keep both" },
];

/**
 * Words of this case that an earlier window of the same person could not save (a crash, a killed tab, a session that had
 * ended), beside the report as it is now. Nothing is put back, and nothing thrown away, before somebody chose.
 */
export function KeptWords({
  caseId,
  userId,
  now,
  onRestore,
  className,
}: {
  caseId: string;
  userId: string;
  /** The report on the screen; null where it cannot be written any more. */
  now: DraftText | null;
  /** Null while this person may not write. */
  onRestore: ((id: string, text: DraftText) => void) | null;
  className?: string;
}) {
  const chest = useChest<UnsavedWords>(userId);
  const [found, setFound] = useState<Kept<UnsavedWords>[]>([]);
  const [picked, setPicked] = useState<Record<string, Choice>>({});
  const gone = useCallback((id: string) => {
    setPicked({});
    setFound((was) => was.filter((each) => each.id !== id));
  }, []);
  const forget = useCallback(
    (id: string) => {
      gone(id);
      void chest()
        .then((opened) => opened.forget([id]))
        .catch(() => {});
    },
    [chest, gone],
  );

  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    const watched = new Set<string>();
    const look = async (): Promise<void> => {
      const opened = await chest();
      const [all, inUse] = await Promise.all([opened.list(serverNow()), idsInUse()]);
      if (signal.aborted) return;
      const ours = all.filter(({ words }) => words.caseId === caseId);
      setFound(ours.filter(({ id }) => !inUse.has(id)));
      // Another window has them, or has not quite gone yet: they are offered when it has.
      for (const { id } of ours)
        if (inUse.has(id) && !watched.has(id)) {
          watched.add(id);
          void whenLeft(id, signal).then(look, () => {});
        }
    };
    // Without an answer (or a disk) there is nothing to offer; what is kept stays for the next visit.
    if (canKeepWords()) void look().catch(() => {});
    return () => left.abort();
  }, [caseId, chest]);

  // The last save of a closing window may have come through although nobody was left to hear of it.
  const saved = now ? found.find(({ words }) => sameText(words.text, now)) : undefined;
  useEffect(() => {
    if (saved) forget(saved.id);
  }, [saved, forget]);

  const newest = found.find((each) => each !== saved);
  if (!newest) return null;
  const { id, at, words } = newest;
  const beside = besideReport(words, now ?? words.base);
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
