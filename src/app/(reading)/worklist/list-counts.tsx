import type { WorklistAnswer } from "../../_trpc/types.ts";
import { formatSpan, formatWhen, zoneName } from "../../_ui/format.ts";
import { useNow, useZone } from "../../_ui/now.tsx";

/** What waits, in the bar of the page. */
export function Counts({
  counts,
  nextDueAt,
  hospital,
}: {
  counts: WorklistAnswer["counts"] | undefined;
  nextDueAt: string | null;
  hospital: boolean;
}) {
  const now = useNow();
  const zone = useZone();
  if (!counts) return null;
  const left = nextDueAt ? new Date(nextDueAt).getTime() - now : 0;
  return (
    <p className="tabular flex flex-wrap items-center gap-x-3 text-[0.8125rem] whitespace-nowrap max-sm:hidden">
      <span>
        <b className="font-semibold">{counts.unread}</b> unread
      </span>
      {counts.stat > 0 ? (
        <span className="font-semibold text-stat">{counts.stat} STAT</span>
      ) : (
        <span className="text-quiet">0 STAT</span>
      )}
      <span className="text-quiet max-lg:hidden">{counts.arriving} arriving</span>
      {nextDueAt && !hospital ? (
        <span className={left < 0 ? "font-semibold text-stat" : ""}>
          next due {formatWhen(nextDueAt, now, zone)}
          <span className="max-lg:hidden">
            {" "}
            {zoneName(nextDueAt, zone)} ({left < 0 ? `${formatSpan(-left)} over` : formatSpan(left)})
          </span>
        </span>
      ) : null}
    </p>
  );
}
