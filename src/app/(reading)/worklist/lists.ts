import type { Inputs, WorklistItem } from "../../_trpc/types.ts";

/** The lists in the rail, in their order; the digit is their key. */
export const lists = [
  { id: "next", label: "My next", digit: "1" },
  { id: "all", label: "All open", digit: "2" },
  { id: "stat", label: "STAT", digit: "3" },
  { id: "mine", label: "Mine", digit: "4" },
  { id: "final", label: "Final, 24 h", digit: "5" },
] as const;
export type ListId = (typeof lists)[number]["id"];

/** The lists of somebody who only looks: nothing is theirs to read next. */
export const lookingLists: readonly ListId[] = ["all", "stat", "final"];

export function listOf(value: string | null | undefined): ListId {
  return lists.find((list) => list.id === value)?.id ?? "next";
}

const pageSize = 200;

/** What the server is asked for one list. The text goes along only when the list is longer than one page. */
export function inputFor(list: ListId, text: string): NonNullable<Inputs["worklist"]["list"]> {
  const words = text.trim() ? { text: text.trim() } : {};
  return { filter: { list, ...words }, limit: pageSize };
}

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether every word somebody typed is somewhere on the row: name in any writing, ids, examination, place. */
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
 * The rows of a list in the order they are shown: the server's order, with those that the reader has left for later last.
 * "My next" leaves out what somebody else has and what is still arriving or held.
 */
export function rowsOf(
  items: WorklistItem[],
  { list, text, skipped }: { list: ListId; text: string; skipped: ReadonlySet<string> },
): WorklistItem[] {
  const shown = items.filter((item) => matches(item, text) && (list !== "next" || item.next));
  if (list !== "next" || skipped.size === 0) return shown;
  return [...shown.filter((item) => !skipped.has(item.caseId)), ...shown.filter((item) => skipped.has(item.caseId))];
}

/** The first case one could start now, other than `except`; null when there is none. */
export function firstClaimable(rows: WorklistItem[], except?: string): WorklistItem | null {
  return rows.find((item) => item.caseId !== except && item.next) ?? null;
}
