"use client";

import { TriangleAlert } from "lucide-react";
import { formatMoment, plural } from "../../_ui/format.ts";
import { useNow, useZone } from "../../_ui/now.tsx";
import type { ReadersAnswer } from "./words.ts";

const dayMs = 24 * 60 * 60_000;

/** What ends within 60 days or has ended; nothing where nothing does. @param nameOf left out on the reader's own page. */
export function Endings({
  endings,
  nameOf,
}: {
  endings: ReadersAnswer["endings"];
  nameOf?: (userId: string) => string;
}) {
  const now = useNow();
  const zone = useZone();
  if (endings.length === 0) return null;
  return (
    <section aria-label="Ends soon" className="rounded-lg border border-urgent/60 bg-urgent-soft px-5 py-3">
      <h2 className="flex items-center gap-2 font-semibold">
        <TriangleAlert className="size-4 text-urgent" aria-hidden="true" />
        Ends soon, or has ended
      </h2>
      <ul className="mt-1 flex flex-col gap-1">
        {endings.map(({ kind, userId, label, endsAt, step }) => {
          const left = Math.ceil((new Date(endsAt).getTime() - now) / dayMs);
          return (
            <li key={`${kind} ${userId} ${label} ${endsAt}`}>
              {nameOf ? `${nameOf(userId)}: ` : ""}
              {kind === "licence" ? `licence for ${label}` : `privilege at ${label}`}{" "}
              <span className="tabular">
                {left > 0
                  ? `ends ${formatMoment(endsAt, zone)}, in ${plural(left, "day")}`
                  : `ended ${formatMoment(endsAt, zone)}`}
              </span>
              {kind === "privilege" && left <= 0 ? "; it is one level less since then" : ""}
              {step === null ? "" : step === 0 ? " (reminded when it ended)" : ` (reminded ${step} days before)`}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
