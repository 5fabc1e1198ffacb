import type { Inputs, Outputs } from "../../_trpc/types.ts";

/** What the address says: ids, days and codes, nothing of a patient's. */
export type Search = NonNullable<Inputs["discrepancy"]["list"]>;
export type Item = Outputs["discrepancy"]["list"]["items"][number];

export const states = { open: "Not acknowledged", acknowledged: "Acknowledged", "to-close": "To be closed" } as const;
export const sorts = {
  newest: "Newest first",
  oldest: "Oldest first",
  weight: "Heaviest first",
  facility: "By facility",
  reader: "By first reader",
} as const;
export const sides = { first: "As first reader", second: "As over-reader" } as const;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const day = /^(19|2\d)\d\d-\d\d-\d\d$/;
const isDay = (text: string): boolean => {
  const date = new Date(`${text}T00:00:00Z`);
  return day.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};
const among = <T extends object>(words: T, text: string): text is keyof T & string => Object.hasOwn(words, text);

/** Reads an address; what it says wrongly is left out, as of an old bookmark. */
export function readSearch(given: Record<string, string | string[] | undefined>): Search {
  const text = (name: string) => {
    const value = given[name];
    return (Array.isArray(value) ? value[0] : value)?.trim() ?? "";
  };
  const [as, state, sort] = [text("as"), text("state"), text("sort")];
  const page = /^[1-9]\d{0,3}$/.test(text("page")) ? Number(text("page")) : 1;
  return {
    ...(isDay(text("from")) ? { from: text("from") } : {}),
    ...(isDay(text("to")) ? { to: text("to") } : {}),
    ...(uuid.test(text("facility")) ? { facilityId: text("facility") } : {}),
    ...(uuid.test(text("reader")) ? { readerId: text("reader") } : {}),
    ...(among(sides, as) ? { as } : {}),
    ...(/^[234]$/.test(text("score")) ? { score: Number(text("score")) } : {}),
    ...(among(states, state) ? { state } : {}),
    ...(among(sorts, sort) && sort !== "newest" ? { sort } : {}),
    ...(page > 1 ? { page } : {}),
  };
}

/** The address of a search. */
export function addressOf({ facilityId, readerId, ...rest }: Search): string {
  const named = { ...rest, facility: facilityId, reader: readerId };
  const given = Object.entries(named).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query ? `/discrepancies?${query}` : "/discrepancies";
}
