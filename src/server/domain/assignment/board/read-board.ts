import type { Ctx, SqlTx, UserActor } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import { type Instant, minuteMs, type Priority } from "../engine/codes.ts";
import { rosterFindings } from "../engine/eligibility.ts";
import { helpInWords } from "../engine/findings-in-words.ts";
import { forecast } from "../engine/forecast.ts";
import type { CaseFacts, ReaderFacts } from "../engine/snapshot.ts";
import { fillSnapshot } from "../fill-snapshot.ts";
import { rulesPolicy } from "../rules/policy.ts";
import { namesOfGroup } from "../rules/rule-choices.ts";

const forecastMs = 60 * minuteMs;

type BoardCase = {
  caseId: string;
  priority: Priority;
  modalities: string[];
  description: string;
  facilityId: string;
  dueAt: Instant;
  held: boolean;
  /** Who reads it now; else who keeps it, or whom it is given or offered to. */
  readerId: string | null;
  /** How it is his: he reads it now, has kept it for later, or it was given to him. */
  hand: "reading" | "kept" | "assigned" | "offered" | null;
};
type BoardReader = {
  id: string;
  name: string;
  presence: "on-shift" | "on-break" | "off-shift" | "off-roster";
  /** When that changes. */
  until: Instant | null;
  signedIn: boolean;
  /** What he has signed since the shift began. */
  done: ReaderFacts["done"];
};
export type Board = {
  now: Instant;
  cases: BoardCase[];
  readers: BoardReader[];
  facilities: { id: string; name: string }[];
  /** Of the next hour. `signedAt` null: nobody gets to it within the hour. `readers`: how many may read it. */
  late: { caseId: string; signedAt: Instant | null; readers: number }[];
  /** What would help, the most helpful first. */
  helps: string[];
};

/** Everything open with who has it, who is there, and what will be late within the hour. @throws {DomainError} `auth.forbidden` */
export async function readBoard(ctx: Ctx<UserActor>): Promise<Board> {
  const { tx, actor } = ctx;
  rulesPolicy.authorize(actor, "board.read", null);
  const { snapshot: whole } = await fillSnapshot(tx, actor.orgId);
  const snapshot = { ...whole, cases: whole.cases.filter(({ state }) => state !== "arriving") };
  const details = await detailsOf(tx, snapshot.cases);
  const names = await namesOfGroup(tx, actor.orgId);
  const { breaches, helps } = forecast(snapshot, snapshot.now + forecastMs);
  const shown = new Set(snapshot.cases.map(({ facilityId }) => facilityId));
  await audit(ctx, { action: "case.list", details: { board: true, count: snapshot.cases.length } });
  return {
    now: snapshot.now,
    cases: snapshot.cases
      .map(({ id, priority, modalities, facilityId, dueAt, state, claim, assignment, offer }) => ({
        caseId: id,
        priority,
        modalities,
        description: details.get(id)?.description ?? "",
        facilityId,
        dueAt,
        held: state === "held",
        readerId: (claim ?? assignment ?? offer)?.readerId ?? null,
        hand: handOf({ claim, assignment, offer }, details.get(id)?.reading ?? false),
      }))
      .sort((a, b) => a.dueAt - b.dueAt || (a.caseId < b.caseId ? -1 : 1)),
    readers: snapshot.readers
      .map((reader) => ({ ...presenceOf(reader, snapshot.now), name: names("reader", reader.id) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    facilities: [...shown]
      .map((id) => ({ id, name: names("facility", id) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    late: breaches.map(({ caseId, signedAt, readers }) => ({ caseId, signedAt, readers })),
    helps: helps.map((each) => helpInWords(each, names)),
  };
}

/** A claim in the snapshot is a reading that runs, or a case that somebody keeps to read it next. */
function handOf(
  { claim, assignment, offer }: Pick<CaseFacts, "claim" | "assignment" | "offer">,
  reading: boolean,
): BoardCase["hand"] {
  if (claim) return reading ? "reading" : "kept";
  if (assignment) return "assigned";
  return offer ? "offered" : null;
}

type Detail = { description: string; reading: boolean };
/** What the engine does not see: the words that tell people which study it is, and whether a claim is a reading that runs. */
async function detailsOf(tx: SqlTx, cases: readonly { id: string }[]): Promise<Map<string, Detail>> {
  const rows = await tx.$queryRaw<(Detail & { id: string })[]>`
    SELECT c.id, s.study_description AS description, coalesce(c.claimed_until > clock_timestamp(), false) AS reading
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ANY(${cases.map(({ id }) => id)}::uuid[])`;
  return new Map(rows.map(({ id, ...detail }) => [id, detail]));
}

function presenceOf(reader: ReaderFacts, now: Instant): Omit<BoardReader, "name"> {
  const base = { id: reader.id, signedIn: reader.signedIn, done: reader.done };
  const found = rosterFindings(reader, now);
  for (const each of found) if (each.code === "break.on") return { ...base, presence: "on-break", until: each.until };
  for (const each of found) {
    if (each.code === "shift.on") return { ...base, presence: "on-shift", until: each.until };
    if (each.code === "shift.off") return { ...base, presence: "off-shift", until: each.next };
  }
  return { ...base, presence: "off-roster", until: null };
}
