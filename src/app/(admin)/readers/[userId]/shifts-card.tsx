"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { Button } from "../../../_ui/button.tsx";
import { Dialog } from "../../../_ui/dialog.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { useZone } from "../../../_ui/now.tsx";
import { Problem } from "../../../_ui/problem.tsx";
import { Card } from "../../account/card.tsx";
import { Checks } from "../checks.tsx";
import { NextShifts, ShiftChanges, shiftInWords, WeeklyShifts } from "../shift-lists.tsx";
import { Swaps } from "../swaps.tsx";
import { type ReaderView, weekdayName } from "../words.ts";

/** When the reader is on shift: every week, and otherwise once. */
export function ShiftsCard({ reader, onChanged }: { reader: ReaderView; onChanged: () => void }) {
  const trpc = useTrpc();
  const zone = useZone();
  const [open, setOpen] = useState<"weekly" | "once" | null>(null);
  const close = {
    onSuccess: () => {
      setOpen(null);
      onChanged();
    },
  };
  const addShift = useMutation(trpc.readers.addShift.mutationOptions(close));
  const removeShift = useMutation(trpc.readers.removeShift.mutationOptions(close));
  const addChange = useMutation(trpc.readers.addChange.mutationOptions(close));
  const removeChange = useMutation(trpc.readers.removeChange.mutationOptions(close));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const { userId } = reader;
    if (open === "weekly")
      addShift.mutate({
        userId,
        weekdays: form.getAll("weekday").map(Number),
        starts: text("starts"),
        ends: text("ends"),
        timeZone: text("timeZone"),
        validFrom: text("validFrom") || null,
        validUntil: text("validUntil") || null,
        breaks:
          text("breakStarts") && text("breakEnds") ? [{ starts: text("breakStarts"), ends: text("breakEnds") }] : [],
      });
    if (open === "once")
      addChange.mutate({
        userId,
        kind: text("kind") === "absence" ? "absence" : "extra",
        startsAt: new Date(text("startsAt")).toISOString(),
        endsAt: new Date(text("endsAt")).toISOString(),
      });
  };
  return (
    <Card title="Shifts">
      {reader.profile.offRoster ? (
        <p className="text-quiet">On no roster: what stands here counts for nothing until that is changed above.</p>
      ) : null}
      <WeeklyShifts
        shifts={reader.shifts}
        acts={(shift) => (
          <Button
            look="quiet-danger"
            aria-label={`Remove ${shiftInWords(shift)}`}
            disabled={removeShift.isPending}
            onClick={() => removeShift.mutate({ shiftId: shift.shiftId })}
          >
            Remove
          </Button>
        )}
      />
      <ShiftChanges
        changes={reader.changes}
        acts={(change) => (
          <Button
            look="quiet-danger"
            disabled={removeChange.isPending}
            onClick={() => removeChange.mutate({ changeId: change.changeId })}
          >
            {change.swapped ? "Undo the swap" : "Remove"}
          </Button>
        )}
      />
      <NextShifts ahead={reader.ahead} />
      <Swaps swaps={reader.swaps} />
      <Problem error={removeShift.error ?? removeChange.error} />
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setOpen("weekly")}>Add a weekly shift</Button>
        <Button onClick={() => setOpen("once")}>Once on shift, or away</Button>
      </div>
      <Dialog
        open={open !== null}
        title={open === "weekly" ? "Add a weekly shift" : "Once on shift, or away"}
        onClose={() => setOpen(null)}
      >
        <form onSubmit={submit} className="flex flex-col gap-4">
          {open === "weekly" ? (
            <>
              <Checks
                legend="Begins on"
                name="weekday"
                options={[1, 2, 3, 4, 5, 6, 7].map((day) => [String(day), weekdayName(day)])}
                chosen={["1", "2", "3", "4", "5"]}
              />
              <div className="grid gap-4 sm:grid-cols-2">
                <Field label="From" name="starts" type="time" required defaultValue="08:00" />
                <Field
                  label="Until"
                  name="ends"
                  type="time"
                  required
                  defaultValue="16:00"
                  hint="Not after the beginning: on the next day"
                />
                <Field label="Break from" name="breakStarts" type="time" />
                <Field label="Break until" name="breakEnds" type="time" />
                <Field label="First day" name="validFrom" type="date" hint="Empty: already" />
                <Field label="Last day" name="validUntil" type="date" hint="Empty: without end" />
              </div>
              <Field
                label="Time zone"
                name="timeZone"
                required
                defaultValue={reader.timeZone}
                hint="As in Europe/Berlin"
              />
            </>
          ) : (
            <>
              <SelectField label="Is" name="kind">
                <option value="extra">On shift, on top of the weekly ones</option>
                <option value="absence">Away</option>
              </SelectField>
              <div className="grid gap-4 sm:grid-cols-2">
                <Field label="From" name="startsAt" type="datetime-local" required hint={`Your time, ${zone}`} />
                <Field label="Until" name="endsAt" type="datetime-local" required />
              </div>
            </>
          )}
          <Problem error={open === "weekly" ? addShift.error : addChange.error} />
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOpen(null)}>Cancel</Button>
            <Button type="submit" look="primary" disabled={addShift.isPending || addChange.isPending}>
              Save
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  );
}
