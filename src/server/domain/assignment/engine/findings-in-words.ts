import { reportLanguages } from "@overread/shared/report-languages";
import type { Wish } from "./decisions.ts";
import type { BarCode, Finding, FindingCode } from "./findings.ts";
import type { Help } from "./forecast.ts";
import { durationInWords, type Names, plural, words } from "./words.ts";

const languageName = (tag: string): string => reportLanguages[tag] ?? tag;

/** How an instant is written for whoever reads the sentence, e.g. `22:40` in his zone. */
export type Times = (instant: number) => string;

/** Every finding in words, of the reader as "he": the lead's menu shows them beside his name. */
const sentences: { [C in FindingCode]: (of: Extract<Finding, { code: C }>, names: Names, at: Times) => string } = {
  "contract.in-force": () => "A contract is in force",
  "contract.none": ({ facilityId }, names) => `No contract is in force with ${names("facility", facilityId)}`,
  "licence.valid": ({ jurisdiction, until }, _, at) =>
    jurisdiction === "none"
      ? "No licence is asked for"
      : `Licence for ${jurisdiction}${until === null ? "" : `, valid until ${at(until)}`}`,
  "licence.missing": ({ jurisdiction }) => `No licence for ${jurisdiction}`,
  "licence.expired": ({ jurisdiction, at: when }, _, at) => `Licence for ${jurisdiction} expired ${at(when)}`,
  "licence.not-yet": ({ jurisdiction, from }, _, at) => `Licence for ${jurisdiction} begins ${at(from)}`,
  "privilege.enough": ({ facilityId, level }, names) => `May ${level} at ${names("facility", facilityId)}`,
  "privilege.too-low": ({ facilityId, level, needed }, names) =>
    `${level === "none" ? "No privilege" : `May only ${level}`} at ${names("facility", facilityId)}; it takes ${needed}`,
  "privilege.expired": ({ facilityId, level, needed, at: when }, names, at) =>
    `Privilege to ${needed} at ${names("facility", facilityId)} expired ${at(when)}; ${level === "none" ? "none is left" : `${level} is left`}`,
  "read-type.held": ({ readType }) => `Does ${words.readType[readType]}`,
  "read-type.missing": ({ readType }) => `Does no ${words.readType[readType]}`,
  "language.held": ({ language }) => `Reports in ${languageName(language)}`,
  "language.missing": ({ language }) => `Does not report in ${languageName(language)}`,
  "subspecialty.match": () => "Trained for it",
  "subspecialty.generalist": () => "Reads everything, as a generalist",
  "subspecialty.other": () => "Trained for something else",
  "subspecialty.required": () => "The rule asks for training in it",
  "rule.names-him": ({ ruleId }, names) => `Named by the rule ${names("rule", ruleId)}`,
  "rule.names-others": ({ ruleId }, names) => `The rule ${names("rule", ruleId)} names others`,
  "conflict.declared": () => "Must not read this patient",
  "conflict.same-reader": ({ readType }) =>
    `Has signed it as ${words.readType[readType]}; another person has to read it now`,
  "shift.on": ({ until }, _, at) => `On shift until ${at(until)}`,
  "shift.off-roster": () => "On no roster",
  "shift.off": ({ next }, _, at) => `Not on shift${next === null ? "" : `; the next begins ${at(next)}`}`,
  "break.on": ({ until }, _, at) => `On a break until ${at(until)}`,
  "skip.runs": ({ until }, _, at) => `Left it for later, until ${at(until)}`,
  "session.none": () => "Not signed in",
  "offer.declined": ({ at: when }, _, at) => `Did not take it, or gave it away (${at(when)})`,
  "offer.waits": () => "Has an offer to answer first",
  "cap.open-cases": ({ most }) => `Has the ${most} open cases that he takes at most`,
  "cap.shift-cases": ({ most }) => `Has the ${most} cases that he takes in a shift`,
  "cap.shift-work-units": ({ most }) => `Has the ${most} work units that he takes in a shift`,
  "cap.rule-open-cases": ({ most, ruleId }, names) => `Has the ${most} open cases that ${names("rule", ruleId)} allows`,
  "cap.rule-open-work-units": ({ most, ruleId }, names) =>
    `Has the ${most} open work units that ${names("rule", ruleId)} allows`,
  "cap.stat": () => "STAT goes past his cap",
};

export function findingInWords(finding: Finding, names: Names, at: Times): string {
  return (sentences[finding.code] as (of: Finding, names: Names, at: Times) => string)(finding, names, at);
}

const perHour = (value: number): string => value.toFixed(1);
/** Why him, in words that he and the lead can both read. */
const becauses: { [C in Wish["code"]]: (of: Extract<Wish, { code: C }>) => string } = {
  "wish.own-draft": () => "own draft in it",
  "wish.subspecialty": () => "trained for it",
  "wish.same-patient": () => "another case of this patient in hand",
  "wish.linked": () => "a case in hand that is linked with it",
  "wish.priors": () => "signed a prior of this patient",
  "wish.free-first": ({ minutes, next }) =>
    `free in ${Math.round(minutes)} min, the next reader in ${Math.round(next)} min`,
  "wish.balance": ({ perHour: own, next }) =>
    `${perHour(own)} work units per hour of the shift${next === null ? "" : `, the next reader ${perHour(next)}`}`,
  "wish.only-one": () => "nobody else could be asked",
  "wish.drawn-by-seed": () => "drawn by lot among equals",
};

export function wishInWords(wish: Wish): string {
  return (becauses[wish.code] as (of: Wish) => string)(wish);
}

/** What would help against late cases, said to whoever distributes them. */
export function helpInWords(help: Help, names: Names): string {
  const what =
    help.kind === "call-in"
      ? `Call in ${names("reader", help.readerId)}`
      : help.kind === "stay-on"
        ? `Ask ${names("reader", help.readerId)} to stay for ${durationInWords(help.minutes * 60)}`
        : "Open to all who may what waits for one reader";
  // What is late instead of them counts against the sum, not against the STATs.
  const stat =
    help.stat > help.avoided ? `; ${help.stat} STAT, and others late instead` : `, ${help.stat} of them STAT`;
  return `${what}: ${plural(help.avoided, "case")} more in time${help.stat > 0 ? stat : ""}`;
}

/** What bars several readers, after "3 readers". */
export const barsInShort: Readonly<Record<BarCode, string>> = {
  "contract.none": "without a contract in force",
  "licence.missing": "without a licence",
  "licence.expired": "with a licence that expired",
  "licence.not-yet": "with a licence that has not begun",
  "privilege.too-low": "without the privilege",
  "privilege.expired": "with a privilege that expired",
  "read-type.missing": "who do not do this kind of reading",
  "language.missing": "who do not report in its language",
  "subspecialty.required": "who are not trained for it",
  "rule.names-others": "whom the rule does not name",
  "conflict.declared": "who must not read this patient",
  "conflict.same-reader": "who have signed it before",
  "shift.off": "not on shift",
  "break.on": "on a break",
  "skip.runs": "who left it for later",
};
