import type { Condition, Mode, Rule, Schedule } from "./rules.ts";
import { daysInWords, durationInWords, list, type Names, plural, words } from "./words.ts";

/**
 * A rule as a person would say it, e.g. "CT or MR, head, from Lakeside: to Night readers, Monday to Friday 22:00–06:00 (Europe/Berlin),
 * offered to one reader at a time, who has 3 min to accept; to each at most 5 open cases (STAT goes past that)."
 */
export function ruleInWords(rule: Rule, names: Names): string {
  const { what, who, schedule, training, mode, caps, last } = rulePartsInWords(rule, names);
  const parts = [who, schedule, training, mode].filter((part) => part !== "");
  return `${what}: to ${parts.join(", ")}${caps ? `; ${caps}` : ""}${last ? `; ${last}` : ""}.`;
}

/** Its parts, each of which can be changed for itself; empty where the sentence does not speak of it. */
export type RuleParts = Record<"what" | "who" | "schedule" | "training" | "mode" | "caps" | "last", string>;
export function rulePartsInWords(rule: Rule, names: Names): RuleParts {
  return {
    what:
      rule.when.length === 0
        ? "Every case"
        : capital(rule.when.map((each) => conditionInWords(each, names)).join(", ")),
    who: whoInWords(rule, names),
    schedule: rule.schedule ? scheduleInWords(rule.schedule) : "",
    training: rule.subspecialty === "required" ? "trained for it" : "",
    mode: modeInWords(rule.mode),
    caps: capsInWords(rule),
    last: rule.exclusive ? "to nobody else" : "",
  };
}

/** One condition, e.g. "not urgent or routine", "less than 30 min left". */
function conditionInWords(condition: Condition, names: Names): string {
  if (condition.field === "slack") return `less than ${durationInWords(condition.minutes * 60)} left`;
  if (condition.field === "waited") return `waiting for more than ${durationInWords(condition.minutes * 60)}`;
  const values = list(valuesInWords(condition, names), "or");
  if (condition.field === "hospital" || condition.field === "facility")
    return condition.op === "any-of" ? `from ${values}` : `from elsewhere than ${values}`;
  return condition.op === "any-of" ? values : `not ${values}`;
}

function valuesInWords(condition: Exclude<Condition, { field: "slack" | "waited" }>, names: Names): string[] {
  switch (condition.field) {
    case "hospital":
    case "facility":
    case "procedure": {
      const { field } = condition;
      return condition.values.map((each) => names(field, each));
    }
    case "priority":
      return condition.values.map((each) => words.priority[each]);
    case "patient-class":
      return condition.values.map((each) => words.patientClass[each]);
    case "age-band":
      return condition.values.map((each) => words.ageBand[each]);
    case "read-type":
      return condition.values.map((each) => words.readType[each]);
    case "language":
      return condition.values.map((each) => `report in ${each}`);
    case "modality":
    case "body-region":
      return condition.values;
  }
}

function whoInWords({ readers: { readerIds, groupIds } }: Rule, names: Names): string {
  const who = [...groupIds.map((each) => names("group", each)), ...readerIds.map((each) => names("reader", each))];
  return who.length === 0 ? "all readers" : list(who, "and");
}

function scheduleInWords({ windows, timeZone }: Schedule): string {
  const times = windows.map(({ days, from, until }) =>
    from === until && from === "00:00" ? daysInWords(days) : `${daysInWords(days)} ${from}–${until}`,
  );
  return `${list(times, "and")} (${timeZone})`;
}

function modeInWords(mode: Mode): string {
  switch (mode.kind) {
    case "pool":
      return "who claim from their list";
    case "draw":
      return "who get the next case and do not choose";
    case "push":
      return mode.acceptSeconds === null
        ? "assigned to one reader without asking"
        : `offered to one reader at a time, who has ${durationInWords(mode.acceptSeconds)} to accept`;
  }
}

function capsInWords({ caps: { openCases, openWorkUnits } }: Rule): string {
  const most: string[] = [];
  if (openCases !== null) most.push(plural(openCases, "open case"));
  if (openWorkUnits !== null) most.push(plural(openWorkUnits, "open work unit"));
  return most.length === 0 ? "" : `to each at most ${list(most, "and")} (STAT goes past that)`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
