import { regionsOf } from "../reading/index.ts";
import { ageBandOf, isCode, patientClassOf, readTypeOf } from "./case-facts.ts";
import type { CaseFacts } from "./engine/snapshot.ts";
import { namedProcedures } from "./procedure-terms.ts";
import { caseRowOf, type NoteRow, noteRowsOf } from "./snapshot-rows.ts";

/** A case as the engine is told of it, with what the engine does not see: by which rule it is drawn today, and which case leads those that it is read with. */
export type ToldCase = { facts: CaseFacts; drawnRuleId: string | null; readWithId: string | null };
type Told = { names: string; cases: Map<string, ToldCase>; notes: Map<string, readonly NoteRow[]> };

/** So many groups' last snapshots are remembered. */
const groupsKept = 8;
/** By group, the one that was asked for last at the end. */
const last = new Map<string, Told>();

/**
 * What the rows say of each case, in the engine's words. What was made of the same words before is the same object: facts are made of these texts and of
 * nothing else, so nothing can be out of date, and who compares two snapshots need not look into what did not change.
 *
 * @param lines as `casesSql` answers them. @param notes by case, as `notesSql` answers them. @param names by which readers are trained.
 * @param whole all open cases of the group: what is not among them is forgotten.
 */
export function toldCases(
  group: string,
  lines: readonly string[],
  notes: ReadonlyMap<string, string>,
  { names, whole }: { names: readonly string[]; whole: boolean },
): ToldCase[] {
  const asked = JSON.stringify(names);
  const known = last.get(group);
  const before: Told = known?.names === asked ? known : { names: asked, cases: new Map(), notes: new Map() };
  const now: Told = { names: asked, cases: new Map(), notes: new Map() };
  const notesOf = new Map<string, readonly NoteRow[]>();
  for (const [caseId, text] of notes) {
    const rows = before.notes.get(text) ?? noteRowsOf(text);
    now.notes.set(text, rows);
    notesOf.set(caseId, rows);
  }
  const linked = linkedCases(notesOf);
  const procedures = namedProcedures(names);
  const told = lines.map((line) => {
    const id = line.slice(2, 38);
    const others = linked.get(id) ?? [];
    const text = notes.has(id) ? `${line}\n${notes.get(id)}\n${others.join()}` : line;
    const same = before.cases.get(text) ?? factsOf(line, notesOf.get(id) ?? [], others, procedures);
    now.cases.set(text, same);
    return same;
  });
  if (whole) {
    last.delete(group);
    last.set(group, now);
    for (const oldest of last.keys()) if (last.size > groupsKept) last.delete(oldest);
  }
  return told;
}

/** Cases that answer one order, or are read together: one report covers them, or would. */
function linkedCases(notes: ReadonlyMap<string, readonly NoteRow[]>): Map<string, string[]> {
  const bySet = new Map<string, string[]>();
  for (const [caseId, rows] of notes)
    for (const { what, who } of rows)
      if (what === "order" || what === "read-with") bySet.set(who, [...(bySet.get(who) ?? []), caseId].sort());
  const linked = new Map<string, string[]>();
  for (const caseIds of bySet.values())
    if (caseIds.length > 1)
      for (const caseId of caseIds) {
        const others = caseIds.filter((id) => id !== caseId);
        linked.set(caseId, [...new Set([...(linked.get(caseId) ?? []), ...others])]);
      }
  return linked;
}

function factsOf(
  line: string,
  notes: readonly NoteRow[],
  linkedCaseIds: string[],
  procedures: ReturnType<typeof namedProcedures>,
): ToldCase {
  const row = caseRowOf(line);
  const of = (what: NoteRow["what"]) => notes.filter((each) => each.what === what);
  const timed = (what: NoteRow["what"]) => of(what).map(({ who, at }) => ({ readerId: who, at: at as number }));
  const preliminary = of("read-preliminary");
  const procedureCode =
    of("procedure")
      .map(({ who }) => who)
      .find(isCode) ?? null;
  const { givenToId: readerId, givenAt, givenUntil, givenRuleId: ruleId } = row;
  const facts: CaseFacts = {
    id: row.id,
    hospitalId: row.hospitalId,
    facilityId: row.facilityId,
    modalities: row.modalities.filter(isCode),
    bodyRegions: regionsOf(row.bodyParts, row.studyDescription),
    procedureCode,
    procedures: procedures({
      procedureCode,
      descriptions: [row.studyDescription, ...of("description").map(({ who }) => who)],
    }),
    patientClass: patientClassOf(of("class")[0]?.who),
    ageBand: ageBandOf(row.birthDate, row.studyDate),
    patientRef: row.identified ? row.patientRef : null,
    linkedCaseIds,
    priority: row.priority,
    state: row.state,
    ready: row.whole,
    arrivedAt: row.arrivedAt,
    dueAt: row.dueAt,
    promisedAt: row.promisedAt,
    readType: readTypeOf(preliminary.length > 0, row.firstReading),
    doubleReading: row.firstReading === "double",
    language: row.language,
    readBy: [
      ...preliminary.map(({ who }) => ({ readerId: who, readType: "preliminary" as const })),
      ...of("read-final").map(({ who }) => ({ readerId: who, readType: "final" as const })),
    ],
    draftReaderId: of("draft")[0]?.who ?? null,
    priorReaderIds: of("prior").map(({ who }) => who),
    conflictReaderIds: [],
    claim:
      row.claimedById && row.claimedUntil
        ? { readerId: row.claimedById, until: row.claimedUntil, ruleId: row.claimRuleId }
        : null,
    offer:
      row.givenAs === "offer" && readerId && givenAt && givenUntil
        ? { readerId, offeredAt: givenAt, until: givenUntil, ruleId }
        : null,
    assignment: row.givenAs === "assignment" && readerId && givenAt ? { readerId, assignedAt: givenAt, ruleId } : null,
    declined: timed("decline"),
    skips: timed("skip").map(({ readerId: who, at }) => ({ readerId: who, until: at })),
  };
  // Several snapshots share it.
  return { facts: Object.freeze(facts), drawnRuleId: row.drawnRuleId, readWithId: of("read-with")[0]?.who ?? null };
}
