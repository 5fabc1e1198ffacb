"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTrpc } from "../_trpc/client.tsx";
import { messageFor } from "../_trpc/errors.ts";
import type { WorklistItem } from "../_trpc/types.ts";
import { Button } from "../_ui/button.tsx";
import { incompleteInWords } from "../_ui/in-words.ts";
import { PatientWarning } from "../_ui/status.tsx";

/**
 * Tells that images of the study were refused or are damaged, and lets those who may decide it release the case for
 * reading without them.
 */
export function IncompleteNotice({
  item,
  onAccepted,
  className,
}: {
  item: WorklistItem;
  onAccepted?: () => void;
  className?: string;
}) {
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const accept = useMutation(
    trpc.worklist.readIncomplete.mutationOptions({
      onSettled: () => {
        void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() });
        void queryClient.invalidateQueries({ queryKey: trpc.study.open.queryKey({ caseId: item.caseId }) });
      },
      onSuccess: () => onAccepted?.(),
    }),
  );
  const incomplete = incompleteInWords(item.incomplete);
  if (!incomplete) return null;
  return (
    <PatientWarning className={className}>
      <span className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span>
          {incomplete}
          {item.images.refused > 0
            ? ": the archive could not take what was sent, and it will not come by itself. The site sees which on its page of edge routers."
            : "."}
          {item.images.damaged > 0
            ? " What is damaged is asked for again by itself; the site sees it on its page of damaged images."
            : ""}
          {item.can.readIncomplete ? "" : " The report states it."}
        </span>
        {item.can.readIncomplete ? (
          <Button
            disabled={accept.isPending}
            onClick={() => accept.mutate({ caseId: item.caseId, refused: item.images.refused + item.images.damaged })}
          >
            Read what is there
          </Button>
        ) : null}
        {accept.error ? <span role="alert">{messageFor(accept.error)}</span> : null}
      </span>
    </PatientWarning>
  );
}
