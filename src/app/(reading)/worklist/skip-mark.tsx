import type { CaseSkip } from "../../_trpc/types.ts";
import { formatWhen } from "../../_ui/format.ts";
import { useNow, useZone } from "../../_ui/now.tsx";

/** Marks a skipped case: one's own skip with its end, a colleague's with the name; all reasons in the tooltip. */
export function SkipMark({ skips, userId }: { skips: CaseSkip[]; userId: string }) {
  const zone = useZone();
  const now = useNow();
  const until = (skip: CaseSkip) => formatWhen(skip.until, now, zone);
  const shown = skips.find((each) => each.userId === userId) ?? skips[0];
  if (!shown) return null;
  return (
    <span
      className="text-quiet"
      title={skips.map((each) => `${each.by} until ${until(each)}: ${each.reason}`).join("\n")}
    >
      {shown.userId === userId ? `Skipped until ${until(shown)}` : `Skipped by ${shown.by}`}
    </span>
  );
}
