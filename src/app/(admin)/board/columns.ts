import type { Outputs } from "../../_trpc/types.ts";

export type Board = Outputs["board"]["get"];
export type BoardCase = Board["cases"][number];
export type By = "facility" | "reader" | "slack";
export type Column = { id: string; title: string; cases: BoardCase[] };

const minuteMs = 60_000;
/** By the time that is left; a held case's clock stands still. */
const stretches: { id: string; title: string; fits: (left: number, held: boolean) => boolean }[] = [
  { id: "held", title: "Held", fits: (_, held) => held },
  { id: "late", title: "Late", fits: (left) => left < 0 },
  { id: "30", title: "Due within 30 min", fits: (left) => left < 30 * minuteMs },
  { id: "120", title: "Due within 2 h", fits: (left) => left < 120 * minuteMs },
  { id: "later", title: "Later", fits: () => true },
];
const slackOrder = ["late", "30", "120", "later", "held"];

/** The open cases in columns, the earliest due first in each. A reader or place has a column also when it is empty. */
export function columnsOf({ cases, readers, facilities }: Board, by: By, now: number): Column[] {
  const sorted = cases.toSorted((a, b) => a.dueAt - b.dueAt || (a.caseId < b.caseId ? -1 : 1));
  const column = (id: string, title: string, fits: (each: BoardCase) => boolean): Column => ({
    id,
    title,
    cases: sorted.filter(fits),
  });
  if (by === "facility") return facilities.map(({ id, name }) => column(id, name, (each) => each.facilityId === id));
  if (by === "reader")
    return [
      column("nobody", "With nobody", ({ readerId }) => readerId === null),
      ...readers.map(({ id, name }) => column(id, name, ({ readerId }) => readerId === id)),
    ];
  const stretchOf = ({ dueAt, held }: BoardCase) => stretches.find(({ fits }) => fits(dueAt - now, held))?.id;
  return slackOrder.map((id) =>
    column(id, stretches.find((each) => each.id === id)?.title ?? id, (each) => stretchOf(each) === id),
  );
}

/** Past its time, and its clock runs. */
export const isLate = ({ dueAt, held }: BoardCase, now: number): boolean => !held && dueAt < now;
