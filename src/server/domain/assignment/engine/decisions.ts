import type { Instant } from "./codes.ts";
import type { BarCode } from "./findings.ts";

/** Why this reader and not another; in the order in which it is asked. */
export type Wish =
  | { code: "wish.own-draft" }
  | { code: "wish.subspecialty" }
  | { code: "wish.same-patient" }
  | { code: "wish.linked" }
  | { code: "wish.priors" }
  /** Of STAT: minutes of work in his hands, and in the next one's. */
  | { code: "wish.free-first"; minutes: number; next: number }
  /** Work units per hour of his shift so far, with what he has in hand; `next`: of the one who would be asked after him, null: nobody. */
  | { code: "wish.balance"; perHour: number; next: number | null }
  | { code: "wish.only-one" }
  | { code: "wish.drawn-by-seed" };

/** Of every open case exactly one. `set`: index into `readerSets` of the outcome, who may take it. */
export type Decision =
  /** Somebody has it, and it stays so. */
  | { kind: "keep"; caseId: string; what: "claim" | "offer" | "assignment"; readerId: string; ruleId: string | null }
  /** `afterHim`: who is asked if he does not want it, the next first, at most three. */
  | {
      kind: "offer";
      caseId: string;
      readerId: string;
      until: Instant;
      afterHim: string[];
      ruleId: string;
      wishes: Wish[];
    }
  | { kind: "assign"; caseId: string; readerId: string; ruleId: string; wishes: Wish[] }
  /**
   * Who may claim it. `ruleId` null: no rule speaks of it. `preferred`: who has the same patient, a linked case or words of his own in it.
   * `asked`: it was to be offered and there is nobody to ask.
   */
  | {
      kind: "pool";
      caseId: string;
      set: number;
      ruleId: string | null;
      preferred: string | null;
      asked: boolean;
    }
  /** Who may draw it; in whose line it stands says `lines`. */
  | { kind: "draw"; caseId: string; set: number; ruleId: string }
  | { kind: "wait"; caseId: string; why: "arriving" | "held" | "not-ready" | "capacity" }
  /** Nobody may. `barred`: of how many readers what is in the way, the most frequent first. */
  | { kind: "nobody"; caseId: string; ruleId: string | null; barred: { code: BarCode; readers: number }[] };

/** What a reader gets who asks for his next case: the first that is still free. `caseIds`: at most three, for the viewer to warm. */
export type Line = { readerId: string; caseIds: string[] };

export type Outcome = {
  version: 1;
  now: Instant;
  rulesVersion: number;
  /** By case id. */
  decisions: Decision[];
  /** By reader id. */
  lines: Line[];
  /** Sets of readers that decisions name, each sorted. */
  readerSets: string[][];
  /** When the answer may be another though nothing has happened; null: not by time alone. */
  lookAgainAt: Instant | null;
};
