"use client";

import { Button } from "../../../_ui/button.tsx";
import { formatRemaining, formatWhen, zoneName } from "../../../_ui/format.ts";
import { useNow, useZone } from "../../../_ui/now.tsx";
import type { ClaimView } from "../../use-claim.ts";

const lateMs = 3 * 60_000;

/** Shown only when little time is left. */
export function ClaimClock({ view }: { view: ClaimView }) {
  const now = useNow();
  const zone = useZone();
  if (view.phase === "claiming") return <span className="text-xs text-quiet">Claiming</span>;
  if (view.phase === "lost") return <span className="text-xs font-medium text-urgent">Claim ended</span>;
  if (view.phase !== "held" || !view.claim) return <span className="text-xs text-quiet">Read only</span>;
  const left = view.claim.until - now;
  const late = left < lateMs;
  return (
    <span
      role={late ? "status" : undefined}
      title={`Yours until ${formatWhen(view.claim.until, now, zone)} (${zoneName(now, zone)}); it is extended while you work`}
      className={`tabular text-xs whitespace-nowrap ${late ? "font-medium text-urgent" : "text-quiet"}`}
    >
      {late ? `Claim ends in ${formatRemaining(left)}, any key keeps it` : `Claim ${formatRemaining(left)}`}
    </span>
  );
}

/** Who holds the case instead of this person, and what can be done about it. */
export function ClaimNotice({
  phase,
  problem,
  holder,
  until,
  canClaim,
  onClaim,
}: {
  phase: ClaimView["phase"];
  problem: string | null;
  holder: { name: string } | null;
  until: string | null;
  canClaim: boolean;
  onClaim: () => void;
}) {
  const zone = useZone();
  const now = useNow();
  if (phase === "held" || phase === "claiming") return null;
  const text = holder
    ? `${holder.name} is reading this case${until ? ` until ${formatWhen(until, now, zone)}` : ""}. ${problem ? "Your text is kept here; copy what you need." : "You see it read only."}`
    : (problem ?? (canClaim ? "Nobody has this case. You see it read only." : "You see this case read only."));
  return (
    <div role="status" className="flex items-center justify-between gap-3 border-b border-line bg-raised px-3 py-2">
      <p>{text}</p>
      {canClaim && !holder ? (
        <Button look="primary" onClick={onClaim}>
          Claim
        </Button>
      ) : null}
    </div>
  );
}
