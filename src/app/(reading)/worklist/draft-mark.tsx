import { FilePenLine } from "lucide-react";
import type { WorklistItem } from "../../_trpc/types.ts";
import { formatWhen } from "../../_ui/format.ts";
import { ownStatusWords, statusWords } from "../../_ui/in-words.ts";
import { useNow, useZone, When } from "../../_ui/now.tsx";

/** In a row: there is an unsigned draft, with its author and time, when somebody else holds the case now. */
export function DraftMark({ item, userId }: { item: WorklistItem; userId: string }) {
  const now = useNow();
  const zone = useZone();
  const { draft, claimedBy, status } = item;
  if (!draft) return null;
  const mine = draft.id === userId;
  const when = formatWhen(draft.at, now, zone);
  const words = mine ? `Your draft ${when}` : `Draft ${when}`;
  // That there is a draft stands in the words already.
  const unclaimed = status === "drafted" ? "" : statusWords[status];
  const place = claimedBy ? (item.mine ? ownStatusWords.claimed : claimedBy.name) : unclaimed;
  const lines = place ? [place, mine ? words : `${words}, ${draft.name}`] : mine ? [words] : [words, draft.name];
  return (
    <span
      title={`Draft: ${mine ? "yours" : draft.name}, ${when}${place ? ` · ${place}` : ""}`}
      className="flex items-center gap-1.5 text-accent"
    >
      <FilePenLine className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="tabular min-w-0 text-xs leading-[0.875rem]">
        {lines.map((line) => (
          <span key={line} className="block truncate">
            {line}
          </span>
        ))}
      </span>
    </span>
  );
}

/** The same for the side panel. */
export function DraftLine({ draft, userId }: { draft: NonNullable<WorklistItem["draft"]>; userId: string }) {
  return (
    <span className="block text-quiet">
      Draft: {draft.id === userId ? "yours" : draft.name}, <When at={draft.at} />
    </span>
  );
}
