import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import { type Instant, minuteMs, type Priority } from "../engine/codes.ts";
import { rosterFindings } from "../engine/eligibility.ts";
import { helpInWords } from "../engine/findings-in-words.ts";
import { forecast } from "../engine/forecast.ts";
import type { ReaderFacts } from "../engine/snapshot.ts";
import { rulesPolicy } from "../rules/policy.ts";
import { namesOfGroup } from "../rules/rule-choices.ts";
import { openSnapshot } from "./open-snapshot.ts";

const forecastMs = 60 * minuteMs;

type BoardCase = {
  caseId: string;
  priority: Priority;
  modalities: string[];
  description: string;
  facilityId: string;
  dueAt: Instant;
  held: boolean;
  /** Who reads it now. */
  readerId: string | null;
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
  const { tx, actor, now } = ctx;
  rulesPolicy.authorize(actor, "board.read", null);
  const { snapshot, rows } = await openSnapshot(tx, actor.orgId, now);
  const names = await namesOfGroup(tx, actor.orgId);
  const { breaches, helps } = forecast(snapshot, snapshot.now + forecastMs);
  const shown = new Set(rows.map(({ facilityId }) => facilityId));
  await audit(ctx, { action: "case.list", details: { board: true, count: rows.length } });
  return {
    now: snapshot.now,
    cases: rows.map(({ id, priority, modalities, description, facilityId, dueAt, state, claimedById }) => ({
      caseId: id,
      priority,
      modalities,
      description,
      facilityId,
      dueAt: dueAt.getTime(),
      held: state === "held",
      readerId: claimedById,
    })),
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
