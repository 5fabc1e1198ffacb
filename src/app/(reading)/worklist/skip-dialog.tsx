"use client";

import { examinationModalities } from "@overread/shared/dicom/modalities";
import { isFreeText, minFreeTextLength, skipReasons } from "@overread/shared/skip-reasons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useEffectEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { WorklistItem } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { formatWhen } from "../../_ui/format.ts";
import { Kbd } from "../../_ui/kbd.tsx";
import { useNow, useZone } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useToast } from "../../_ui/toast.tsx";

/** Asks why a case is skipped: a choice by click or digit; for a STAT case free text. */
export function SkipDialog({
  item,
  onClose,
  onSkipped,
}: {
  item: WorklistItem | null;
  onClose: () => void;
  onSkipped: (caseId: string) => void;
}) {
  return (
    <Dialog open={item !== null} title="Leave this case for later" onClose={onClose}>
      {item ? <Question item={item} onClose={onClose} onSkipped={onSkipped} /> : null}
    </Dialog>
  );
}

function Question({
  item,
  onClose,
  onSkipped,
}: {
  item: WorklistItem;
  onClose: () => void;
  onSkipped: (caseId: string) => void;
}) {
  const trpc = useTrpc();
  const toast = useToast();
  const queryClient = useQueryClient();
  const now = useNow();
  const zone = useZone();
  const [words, setWords] = useState("");
  const stat = item.priority === "stat";
  const exam = item.studyDescription || examinationModalities(item.modalities).join(" ");
  const skip = useMutation(
    trpc.worklist.skip.mutationOptions({
      onSuccess: ({ skippedUntil }) => {
        toast(`${exam} left for later, until ${formatWhen(skippedUntil, now, zone)}.`);
        onSkipped(item.caseId);
        onClose();
      },
      onSettled: () => void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() }),
    }),
  );
  const leave = (reason: string) => {
    if (!skip.isPending) skip.mutate({ caseId: item.caseId, reason });
  };
  const pick = useEffectEvent((event: KeyboardEvent) => {
    const picked = skipReasons[Number(event.key) - 1];
    if (stat || !picked || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    leave(picked);
  });
  useEffect(() => {
    document.addEventListener("keydown", pick);
    return () => document.removeEventListener("keydown", pick);
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    leave(words.trim());
  };
  return (
    <div className="flex flex-col gap-3">
      <p>
        <span className="font-medium">{exam}</span> goes to the end of your list and stays open to your colleagues, who
        see the reason.{stat ? " It is STAT: say why in your own words." : ""}
      </p>
      {stat ? null : (
        <ul className="flex flex-col gap-1">
          {skipReasons.map((reason, index) => (
            <li key={reason}>
              <button
                type="button"
                data-first={index === 0 || undefined}
                disabled={skip.isPending}
                onClick={() => leave(reason)}
                className="flex h-9 w-full items-center justify-between gap-3 rounded-md border border-line px-3 text-left hover:bg-hover"
              >
                {reason}
                <Kbd className="max-md:hidden">{String(index + 1)}</Kbd>
              </button>
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={submit} className="flex items-end gap-2">
        <label className="flex min-w-0 flex-1 flex-col gap-1">
          <span className="text-xs font-medium text-quiet">{stat ? "Reason" : "Another reason"}</span>
          <input
            data-first={stat || undefined}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            required
            minLength={stat ? minFreeTextLength : 3}
            maxLength={300}
            autoComplete="off"
            className="h-9 rounded-md border border-line bg-ground px-2.5"
          />
        </label>
        <Button
          type="submit"
          look="primary"
          className="h-9"
          disabled={skip.isPending || (stat ? !isFreeText(words) : words.trim().length < 3)}
        >
          {skip.isPending ? "Leaving" : "Leave for later"}
        </Button>
      </form>
      <Problem error={skip.error} />
    </div>
  );
}
