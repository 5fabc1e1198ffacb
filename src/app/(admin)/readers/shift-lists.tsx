"use client";

import type { ReactNode } from "react";
import { When } from "../../_ui/now.tsx";
import { type ReaderView, weekdaysInWords } from "./words.ts";

type Shift = ReaderView["shifts"][number];
type Change = ReaderView["changes"][number];

/** `Mon–Fri, 22:00–06:00 Europe/Berlin`, with its breaks and the days between which it holds. */
export function shiftInWords({ weekdays, starts, ends, timeZone }: Shift): string {
  return `${weekdaysInWords(weekdays)}, ${starts}–${ends} ${timeZone}`;
}

/** What comes every week. */
export function WeeklyShifts({ shifts, acts }: { shifts: Shift[]; acts?: (shift: Shift) => ReactNode }) {
  if (shifts.length === 0) return <p className="text-quiet">No shift comes every week.</p>;
  return (
    <ul className="flex flex-col gap-1">
      {shifts.map((shift) => (
        <li key={shift.shiftId} className="flex flex-wrap items-center justify-between gap-x-3">
          <span>
            {shiftInWords(shift)}
            <span className="text-quiet">
              {shift.breaks.map(({ starts, ends }) => `, break ${starts}–${ends}`).join("")}
              {shift.validFrom ? `, from ${shift.validFrom}` : ""}
              {shift.validUntil ? `, until ${shift.validUntil}` : ""}
            </span>
          </span>
          {acts?.(shift)}
        </li>
      ))}
    </ul>
  );
}

/** What is otherwise once. */
export function ShiftChanges({ changes, acts }: { changes: Change[]; acts?: (change: Change) => ReactNode }) {
  if (changes.length === 0) return null;
  return (
    <ul aria-label="Once" className="flex flex-col gap-1">
      {changes.map((change) => (
        <li key={change.changeId} className="flex flex-wrap items-center justify-between gap-x-3">
          <span>
            {change.kind === "extra" ? "Also on shift" : "Away"} <When at={change.startsAt} /> to{" "}
            <When at={change.endsAt} />
            {change.swapped ? <span className="text-quiet">, by a swap</span> : null}
          </span>
          {acts?.(change)}
        </li>
      ))}
    </ul>
  );
}

/** The next shifts as moments, in the time zone of whoever looks. */
export function NextShifts({ ahead }: { ahead: ReaderView["ahead"] }) {
  if (ahead.length === 0) return null;
  return (
    <p className="text-quiet">
      Next, in your time:{" "}
      {ahead.slice(0, 3).map(({ from, until }, n) => (
        <span key={String(from)}>
          {n > 0 ? "; " : ""}
          <When at={from} /> to <When at={until} />
        </span>
      ))}
    </p>
  );
}
