import type { Entry, Rule } from "./types.ts";

/** What a lead does to the list of rules. Pure: each gives a new list. */

let made = 0;
/** Of one page; the server refuses two of one id. */
const freshId = (): string =>
  `rule-${Date.now().toString(36)}-${made++}-${Math.floor(Math.random() * 1e9).toString(36)}`;

/** Every case to whoever may, who claim from their list: what happens without any rule. */
export function newEntry(): Entry {
  const rule: Rule = {
    id: freshId(),
    when: [],
    readers: { readerIds: [], groupIds: [] },
    schedule: null,
    subspecialty: "preferred",
    caps: { openCases: null, openWorkUnits: null },
    mode: { kind: "pool" },
    exclusive: false,
  };
  return { name: "", on: true, rule };
}

export function withCopy(entries: readonly Entry[], place: number): Entry[] {
  const entry = entries[place];
  if (!entry) return [...entries];
  const copy = {
    ...entry,
    name: entry.name && `${entry.name} (copy)`.slice(0, 60),
    rule: { ...entry.rule, id: freshId() },
  };
  return entries.toSpliced(place + 1, 0, copy);
}

/** To another place; out of the list nothing moves. */
export function moved(entries: readonly Entry[], from: number, to: number): Entry[] {
  const entry = entries[from];
  if (!entry || to < 0 || to >= entries.length) return [...entries];
  return entries.toSpliced(from, 1).toSpliced(to, 0, entry);
}

export const replaced = (entries: readonly Entry[], ruleId: string, change: (entry: Entry) => Entry): Entry[] =>
  entries.map((entry) => (entry.rule.id === ruleId ? change(entry) : entry));

export const nameOf = ({ name }: Entry, place: number): string => name || `Rule ${place + 1}`;

export type Change = {
  ruleId: string;
  kind: "added" | "taken-out" | "changed" | "moved" | "switched-on" | "switched-off";
};
/** What is different in `after`, in its order; what was taken out comes last. */
export function changesOf(before: readonly Entry[], after: readonly Entry[]): Change[] {
  const old = new Map(before.map((entry) => [entry.rule.id, entry]));
  const kept = new Set(after.map(({ rule }) => rule.id));
  const oldOrder = before.map(({ rule }) => rule.id).filter((id) => kept.has(id));
  const newOrder = after.map(({ rule }) => rule.id).filter((id) => old.has(id));
  const changes = after.flatMap(({ rule, name, on }): Change[] => {
    const was = old.get(rule.id);
    if (!was) return [{ ruleId: rule.id, kind: "added" }];
    if (was.on !== on) return [{ ruleId: rule.id, kind: on ? "switched-on" : "switched-off" }];
    if (was.name !== name || JSON.stringify(was.rule) !== JSON.stringify(rule))
      return [{ ruleId: rule.id, kind: "changed" }];
    return oldOrder.indexOf(rule.id) === newOrder.indexOf(rule.id) ? [] : [{ ruleId: rule.id, kind: "moved" }];
  });
  const out = before
    .filter(({ rule }) => !kept.has(rule.id))
    .map(({ rule }): Change => ({ ruleId: rule.id, kind: "taken-out" }));
  return [...changes, ...out];
}
