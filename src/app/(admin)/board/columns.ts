import type { Outputs } from "../../_trpc/types.ts";
import type { Given } from "../../(reading)/use-assign.ts";

export type Board = Outputs["board"]["get"];
export type BoardCase = Board["cases"][number];
export type By = "facility" | "reader" | "slack";
export type Column = { id: string; title: string; cases: BoardCase[] };

/** More are counted, not drawn. */
export const mostInColumn = 40;

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

/** To whom it is given, so that it can be taken back; null where it is nobody's, or somebody reads or keeps it. */
export function givenOf({ readerId, hand }: BoardCase, { readers }: Board): Given | null {
  const reader = readers.find(({ id }) => id === readerId);
  if (!reader || (hand !== "assigned" && hand !== "offered")) return null;
  return { id: reader.id, name: reader.name, as: hand === "assigned" ? "assignment" : "offer" };
}

/** May be given to somebody now, as far as the board knows: nobody reads it, and it is not held. */
export const isGivable = ({ held, hand }: BoardCase): boolean => !held && hand !== "reading";

const steps: Record<string, readonly [across: number, down: number]> = {
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
};

/** The case that an arrow goes to: up and down in its column, across to the same height of the next column that has any. Null: it stays. */
export function stepTo(columns: readonly Column[], from: string | null, key: string): string | null {
  const drawn = columns.map(({ cases }) => cases.slice(0, mostInColumn).map(({ caseId }) => caseId));
  const column = drawn.findIndex((ids) => from !== null && ids.includes(from));
  if (column < 0) return drawn.find((ids) => ids.length > 0)?.[0] ?? null;
  const row = drawn[column]?.indexOf(from ?? "") ?? 0;
  const [across, down] = steps[key] ?? [0, 0];
  if (down !== 0) return drawn[column]?.[row + down] ?? null;
  for (let at = column + across; across !== 0 && at >= 0 && at < drawn.length; at += across) {
    const ids = drawn[at] ?? [];
    if (ids.length > 0) return ids[Math.min(row, ids.length - 1)] ?? null;
  }
  return null;
}
