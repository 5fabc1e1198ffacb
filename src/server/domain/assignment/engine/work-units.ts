import type { CaseFacts, WorkUnitTable } from "./snapshot.ts";

/** Looks up what a case counts for and how long it takes, both in work units. */
export type WorkUnits = {
  /** What is counted for the reader (RVU). */
  of: (facts: Pick<CaseFacts, "procedureCode" | "modalities">) => number;
  /** What it takes, times a reader's minutes per work unit. */
  effort: (facts: Pick<CaseFacts, "procedureCode" | "modalities">) => number;
};

/** By procedure; without one, the modality that counts most; without any, `otherwise`. */
export function workUnitsBy(table: WorkUnitTable): WorkUnits {
  const procedures = new Map(table.procedures.map((row) => [row.code, row]));
  const modalities = new Map(table.modalities.map((row) => [row.modality, row.workUnits]));
  const of: WorkUnits["of"] = ({ procedureCode, modalities: made }) => {
    const row = procedureCode === null ? undefined : procedures.get(procedureCode);
    if (row) return row.workUnits;
    const known = made.map((each) => modalities.get(each)).filter((each) => each !== undefined);
    return known.length > 0 ? Math.max(...known) : table.otherwise;
  };
  const effort: WorkUnits["effort"] = (facts) => {
    const row = facts.procedureCode === null ? undefined : procedures.get(facts.procedureCode);
    return row?.effort ?? of(facts);
  };
  return { of, effort };
}
