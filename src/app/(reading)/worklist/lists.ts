import type { CaseView } from "@overread/shared/case-view";
import type { Inputs, WorklistItem } from "../../_trpc/types.ts";

/** The lists in the side bar, in display order; `digit` is the shortcut key. */
export const lists = [
  { id: "next", label: "My next", digit: "1" },
  { id: "all", label: "All open", digit: "2" },
  { id: "stat", label: "STAT", digit: "3" },
  { id: "mine", label: "Mine", digit: "4" },
  { id: "final", label: "Final, 24 h", digit: "5" },
  { id: "asked", label: "Site asked", digit: "6" },
] as const;
export type ListId = (typeof lists)[number]["id"];

/** The lists for somebody who does not read cases. */
export const viewOnlyLists: readonly ListId[] = ["all", "stat", "final", "asked"];

export function listOf(value: string | null | undefined): ListId {
  return lists.find((list) => list.id === value)?.id ?? "next";
}

const pageSize = 200;

/** The query for one list. The search text is sent only when the list is longer than one page. */
export function inputFor(
  list: ListId,
  text: string,
  view: Pick<CaseView, "filter" | "sort"> | null = null,
): NonNullable<Inputs["worklist"]["list"]> {
  const words = text.trim() ? { text: text.trim() } : {};
  const where = view && Object.keys(view.filter).length > 0 ? { where: view.filter } : {};
  const sort = view && view.sort.length > 0 ? { sort: view.sort } : {};
  return { filter: { list, ...words, ...where }, ...sort, limit: pageSize };
}

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether every word of the text occurs in the row: name in any representation, ids, examination, facility. */
export function matches(item: WorklistItem, text: string): boolean {
  const words = fold(text)
    .split(/[\s,^]+/)
    .filter(Boolean);
  if (words.length === 0) return true;
  const row = fold(
    [
      item.patientName,
      item.patientNameGroups.alphabetic,
      item.patientNameGroups.ideographic,
      item.patientNameGroups.phonetic,
      item.patientId,
      item.accessionNumber,
      item.studyDescription,
      ...item.modalities,
      ...item.bodyParts,
      item.facility,
      item.priority,
      item.claimedBy?.name ?? "",
      item.draft?.name ?? "",
    ].join(" "),
  );
  return words.every((word) => row.includes(word));
}

/**
 * The rows of a list in display order: the server's order, with cases that the reader skipped last unless somebody sorted it. "My next" omits
 * what somebody else holds and what is still arriving or held.
 */
export function rowsOf(
  items: WorklistItem[],
  {
    list,
    text,
    skipped,
    sorted = false,
  }: { list: ListId; text: string; skipped: ReadonlySet<string>; sorted?: boolean },
): WorklistItem[] {
  const shown = items.filter((item) => matches(item, text) && (list !== "next" || item.next));
  if (list !== "next" || sorted || skipped.size === 0) return shown;
  return [...shown.filter((item) => !skipped.has(item.caseId)), ...shown.filter((item) => skipped.has(item.caseId))];
}

/** The case to start now: STAT, then what is reserved for the reader, then the first on the list; other than `except`; null when there is none. */
export function firstClaimable(rows: WorklistItem[], except?: string): WorklistItem | null {
  const free = rows.filter((item) => item.caseId !== except && item.next);
  const [first = null] = free;
  // Nobody keeps STAT, and it comes before what is kept.
  if (first?.priority === "stat") return first;
  return free.find(({ reserved }) => reserved) ?? first;
}
