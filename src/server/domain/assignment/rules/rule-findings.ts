import { type PrivilegeLevel, privilegeLevels } from "../engine/codes.ts";
import type { Condition, Rule } from "../engine/rules.ts";
import type { ReaderFacts, Snapshot } from "../engine/snapshot.ts";
import type { Sheet } from "./sheet.ts";

/** What is odd about a rule, before it is in force. `rest`: it is switched off, and nothing is said of it. */
export type RuleFinding = { ruleId: string } /** Two of its conditions contradict each other. */ & (
  | { code: "rule.fits-nothing" }
  /** Whatever it would decide, the rule `by` has decided. */
  | { code: "rule.never-reached"; by: string }
  /** Everybody whom it names has left, or its groups are empty. */
  | { code: "rule.nobody-left" }
  /** Named, and no reader of the group any more. */
  | { code: "rule.reader-left"; readerId: string }
  /** Nobody of it may draft or report at any facility it speaks of. */
  | { code: "rule.nobody-privileged" }
  /** It asks for training, and of those whom it names everybody is trained for something else. */
  | { code: "rule.nobody-trained" }
);
export type RuleGround = Pick<Snapshot, "readers" | "groups">;

/** Pure: of the rules and of who reads for the group now. */
export function findingsOf(sheet: Sheet, ground: RuleGround): RuleFinding[] {
  const active = sheet.filter(({ on }) => on).map(({ rule }) => rule);
  return active.flatMap((rule, place): RuleFinding[] => {
    const { id: ruleId } = rule;
    const found: RuleFinding[] = [];
    if (contradictsItself(rule)) found.push({ ruleId, code: "rule.fits-nothing" });
    const before = active.slice(0, place).find((other) => leavesNothingOf(other, rule));
    if (before) found.push({ ruleId, code: "rule.never-reached", by: before.id });
    return [...found, ...aboutReaders(rule, ground)];
  });
}

function aboutReaders(rule: Rule, { readers, groups }: RuleGround): RuleFinding[] {
  const { id: ruleId } = rule;
  const { readerIds, groupIds } = rule.readers;
  const there = new Set(readers.map(({ id }) => id));
  const left = readerIds
    .filter((id) => !there.has(id))
    .map((readerId): RuleFinding => ({ ruleId, code: "rule.reader-left", readerId }));
  const named = new Set([
    ...readerIds,
    ...groups.filter(({ id }) => groupIds.includes(id)).flatMap((g) => g.readerIds),
  ]);
  const all = readerIds.length === 0 && groupIds.length === 0;
  const who = readers.filter(({ id }) => all || named.has(id));
  if (who.length === 0) return [...left, { ruleId, code: "rule.nobody-left" }];
  const found = left;
  const facilities = rule.when.flatMap((each) =>
    each.field === "facility" && each.op === "any-of" ? [each.values as string[]] : [],
  );
  for (const wanted of facilities)
    if (!who.some((reader) => wanted.some((facilityId) => mayReadAt(reader, facilityId))))
      found.push({ ruleId, code: "rule.nobody-privileged" });
  if (rule.subspecialty === "required" && !who.some((reader) => mightBeTrained(reader, rule)))
    found.push({ ruleId, code: "rule.nobody-trained" });
  return found;
}

const rank = (level: PrivilegeLevel): number => privilegeLevels.indexOf(level);
const mayReadAt = (reader: ReaderFacts, facilityId: string): boolean =>
  reader.privileges.some((each) => each.facilityId === facilityId && rank(each.level) >= rank("draft"));

/** A generalist is trained for nothing in particular; of the others it is asked whether any case of the rule could be theirs. */
function mightBeTrained({ subspecialties }: ReaderFacts, rule: Rule): boolean {
  if (subspecialties.length === 0) return true;
  const wanted = (field: "modality" | "body-region" | "age-band") =>
    rule.when.flatMap((each) => (each.field === field && each.op === "any-of" ? [each.values as string[]] : []));
  const meets = (made: readonly string[], sets: string[][]) =>
    made.length === 0 || sets.every((set) => set.some((value) => made.includes(value)));
  return subspecialties.some(
    (each) =>
      meets(each.modalities, wanted("modality")) &&
      meets(each.bodyRegions, wanted("body-region")) &&
      meets(each.ageBands, wanted("age-band")),
  );
}

/** A case may have several of these, so that two wishes for different ones can both be met. */
const ofSeveral = new Set<Condition["field"]>(["modality", "body-region"]);

function contradictsItself({ when }: Rule): boolean {
  return when.some((one, place) =>
    when.slice(place + 1).some((other) => {
      if (one.field !== other.field || one.field === "slack" || one.field === "waited") return false;
      if (!("values" in other)) return false;
      const [a, b] = [one.values as string[], other.values as string[]];
      if (one.op === "any-of" && other.op === "any-of")
        return !ofSeveral.has(one.field) && !a.some((each) => b.includes(each));
      if (one.op === "none-of" && other.op === "none-of") return false;
      const [wished, refused] = one.op === "any-of" ? [a, b] : [b, a];
      return wished.every((each) => refused.includes(each));
    }),
  );
}

/**
 * Whether nothing that `rule` would decide comes past `before`: it fits whatever `rule` fits, at all times, and either is the last that is
 * asked, or finds everybody whom `rule` could find. One that offers lets those below try when there is nobody to ask.
 */
function leavesNothingOf(before: Rule, rule: Rule): boolean {
  if (before.schedule || !before.when.every((each) => rule.when.some((other) => implies(other, each)))) return false;
  if (before.exclusive) return true;
  const everybody = before.readers.readerIds.length === 0 && before.readers.groupIds.length === 0;
  return everybody && before.subspecialty === "preferred" && before.mode.kind !== "push";
}

/** Whatever fits `narrow` fits `wide`. */
function implies(narrow: Condition, wide: Condition): boolean {
  if (narrow.field === "slack" && wide.field === "slack") return narrow.minutes <= wide.minutes;
  if (narrow.field === "waited" && wide.field === "waited") return narrow.minutes >= wide.minutes;
  if (!("values" in narrow && "values" in wide) || narrow.field !== wide.field) return false;
  const [few, many] = [narrow.values as string[], wide.values as string[]];
  if (narrow.op === "any-of" && wide.op === "any-of") return few.every((each) => many.includes(each));
  if (narrow.op === "none-of" && wide.op === "none-of") return many.every((each) => few.includes(each));
  return narrow.op === "any-of" && !ofSeveral.has(narrow.field) && !few.some((each) => many.includes(each));
}
