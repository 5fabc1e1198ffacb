"use client";

import type { ReactNode } from "react";
import { When } from "../../_ui/now.tsx";
import { type ReaderView, swapWords } from "./words.ts";

type Swap = ReaderView["swaps"][number];

/** Swaps that wait for an answer, and what became of the others. */
export function Swaps({ swaps, acts }: { swaps: Swap[]; acts?: (swap: Swap) => ReactNode }) {
  if (swaps.length === 0) return null;
  return (
    <ul aria-label="Swaps" className="flex flex-col gap-2">
      {swaps.map((swap) => (
        <li key={swap.swapId} className="flex flex-wrap items-center justify-between gap-x-3">
          <span>
            {swap.from} asks {swap.to} for <When at={swap.startsAt} /> to <When at={swap.endsAt} />
            {swap.inReturn ? (
              <>
                , in return for <When at={swap.inReturn.startsAt} /> to <When at={swap.inReturn.endsAt} />
              </>
            ) : null}
            <span className="block text-quiet">{swapWords[swap.state]}</span>
          </span>
          {acts?.(swap)}
        </li>
      ))}
    </ul>
  );
}
