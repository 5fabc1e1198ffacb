import { type CaseColumns, type CaseFilter, CaseView, type SortColumn, type When } from "@overread/shared/case-view";
import { plural } from "../../_ui/format.ts";
import type { ListId } from "./lists.ts";

/** The built-in lists as documents, to make others from. */
const views: Record<ListId, Pick<CaseView, "base" | "filter">> = {
  next: { base: "next", filter: {} },
  all: { base: "all", filter: {} },
  stat: { base: "all", filter: { priority: ["stat"] } },
  mine: { base: "all", filter: { reader: "me" } },
  final: { base: "final", filter: {} },
  asked: { base: "all", filter: { question: "asked" } },
};
export const viewOf = (list: ListId): CaseView => ({ ...views[list], sort: [], columns: [] });

/** A list as it stands in the address; null for none, and for what is no list. */
export function parseView(text: string | null | undefined): CaseView | null {
  if (!text) return null;
  try {
    return CaseView.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** The address of a list, with changes that are not saved. Never what somebody searches for, which may be a name. */
export function addressOf(list: string, view: CaseView | null): string {
  const words = new URLSearchParams({ list, ...(view ? { view: JSON.stringify(view) } : {}) });
  return `/worklist?${words}`;
}

/**
 * The order after a click on a heading: up, down, not at all. Alone, or with `more` as a further key behind those there
 * are.
 */
export function sortBy(sort: CaseView["sort"], by: SortColumn, more: boolean): CaseView["sort"] {
  const before = sort.find((key) => key.by === by);
  const others = more ? sort.filter((key) => key.by !== by) : [];
  if (!before) return [...others, { by, down: false }].slice(-4);
  if (before.down) return others;
  return more ? sort.map((key) => (key.by === by ? { by, down: true } : key)) : [{ by, down: true }];
}

/** All columns in the order of a list: its own, then those that it leaves out. */
export function columnChoices(
  columns: CaseColumns,
  known: readonly { id: string; label: string }[],
): { id: string; label: string; shown: boolean; width: number | null }[] {
  const chosen = columns.flatMap(({ id, width }) => {
    const column = known.find((each) => each.id === id);
    return column ? [{ id, label: column.label, shown: true, width: width ?? null }] : [];
  });
  const rest = known
    .filter(({ id }) => !chosen.some((each) => each.id === id))
    .map(({ id, label }) => ({ id, label, shown: columns.length === 0, width: null }));
  return [...chosen, ...rest];
}

/** Whether a list shows less than all columns: then those that it shows were singled out. */
export const leavesOut = (columns: CaseColumns, known: readonly { id: string; label: string }[]): boolean =>
  columns.length > 0 && columnChoices(columns, known).some(({ shown }) => !shown);

/** A width in px as a list may keep it. */
export const widthWithin = (px: number): number => Math.min(800, Math.max(24, Math.round(px)));

/** The columns of a list once one of them has a width, or (null) no longer one of its own. */
export function withWidth(
  columns: CaseColumns,
  known: readonly { id: string; label: string }[],
  id: string,
  width: number | null,
): CaseColumns {
  const next = columnChoices(columns, known)
    .filter(({ shown }) => shown)
    .map((column) => (column.id === id ? { ...column, width } : column));
  // As every list is at first: nothing of it is anybody's choice.
  const usual = next.length === known.length && next.every((each, at) => each.id === known[at]?.id && !each.width);
  return usual
    ? []
    : next.map((each) => ({
        id: each.id as CaseColumns[number]["id"],
        ...(each.width ? { width: widthWithin(each.width) } : {}),
      }));
}

const units = { minutes: "minute", hours: "hour", days: "day" } as const;
const days: Record<string, string> = { "-1": "yesterday", "0": "today", "1": "tomorrow" };
function whenInWords(when: When): string {
  if (when.is === "on") {
    const day = days[String(when.day)] ?? `${plural(Math.abs(when.day), "day")} ${when.day < 0 ? "ago" : "ahead"}`;
    return when.zone === "facility" ? `${day} at the facility` : `${day} in ${when.zone.replaceAll("_", " ")}`;
  }
  const span = plural(when.count, units[when.unit]);
  if (when.is === "within-last") return `in the last ${span}`;
  return when.is === "within-next" ? `in the next ${span}` : `more than ${span} ago`;
}

/** What a filter keeps, as one line. */
export function filterInWords(filter: CaseFilter, facilities: readonly { facilityId: string; name: string }[]): string {
  const { priority, state, modality, facility, due, arrived, studied, order, images, priors } = filter;
  const { question, techCheck, draft, reader, given } = filter;
  return [
    priority?.map((each) => (each === "stat" ? "STAT" : each)).join(" or "),
    state?.join(" or "),
    modality?.join(" or "),
    facility?.map((id) => facilities.find((each) => each.facilityId === id)?.name ?? "another facility").join(" or "),
    due && `due ${whenInWords(due)}`,
    arrived && `arrived ${whenInWords(arrived)}`,
    studied && `study ${whenInWords(studied)}`,
    order && (order === "matched" ? "with an order" : "without an order"),
    images &&
      { whole: "all images here", partly: "images still to come", missing: "images missing", late: "late images" }[
        images
      ],
    priors && (priors === "some" ? "with priors" : "without priors"),
    question && { asked: "site asked", answered: "site answered", none: "no question" }[question],
    techCheck && { waiting: "not checked", complete: "checked", none: "no check asked for" }[techCheck],
    draft && { mine: "my draft", others: "a colleague's draft", none: "no draft" }[draft],
    reader && { me: "held by me", others: "held by a colleague", nobody: "held by nobody" }[reader],
    given && { me: "given to me", others: "given to a colleague", nobody: "given to nobody" }[given],
  ]
    .filter(Boolean)
    .join(" · ");
}
