import type { CaseFilter, When } from "@overread/shared/case-view";
import type { Actor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { claimRuns, free, givenRuns, givenTo, heldBy, personOf } from "./case-conditions.ts";
import { acquiredModalities } from "./case-rows.ts";

/**
 * The condition of a filter on `reading_case c JOIN study s`: of the rows of a list, of its count and of its alerts
 * alike. Times are compared with the database's clock at this moment.
 */
export function filterCondition(actor: Actor, filter: CaseFilter): Prisma.Sql {
  const all: Prisma.Sql[] = [];
  const {
    priority,
    state,
    modality,
    facility,
    due,
    arrived,
    studied,
    order,
    images,
    priors,
    question,
    techCheck,
    draft,
    reader,
    given,
  } = filter;
  if (priority) all.push(Prisma.sql`c.priority::text = ANY(${priority})`);
  if (state) all.push(Prisma.sql`${shownState} = ANY(${state})`);
  if (modality) all.push(Prisma.sql`${acquiredModalities} && ${modality}::text[]`);
  if (facility) all.push(Prisma.sql`c.facility_id = ANY(${facility}::uuid[])`);
  if (due) all.push(at(Prisma.sql`c.due_at`, due));
  if (arrived) all.push(at(Prisma.sql`c.created_at`, arrived));
  if (studied) all.push(onDay(studied));
  if (order) all.push(order === "matched" ? ordered : Prisma.sql`NOT ${ordered}`);
  if (images) all.push(arrivals[images]);
  if (priors) all.push(priors === "some" ? compared : Prisma.sql`NOT ${compared}`);
  if (question) all.push(questions[question]);
  if (techCheck) all.push(checks[techCheck]);
  if (draft) all.push(drafted(actor, draft));
  if (reader) all.push(readBy(actor, reader));
  if (given) all.push(inHandOf(actor, given));
  return all.length > 0 ? Prisma.sql`(${Prisma.join(all, " AND ")})` : Prisma.sql`true`;
}

/** As `statusOf` of a row. */
const shownState = Prisma.sql`(CASE WHEN ${claimRuns} AND c.state::text <> 'drafted' THEN 'claimed' ELSE c.state::text END)`;

const ordered = Prisma.sql`EXISTS (SELECT 1 FROM order_match m JOIN imaging_order a ON a.id = m.order_id AND a.state = 'open'
  WHERE m.study_ref = c.study_ref AND m.state = 'matched')`;
const compared = Prisma.sql`EXISTS (SELECT 1 FROM case_prior p WHERE p.case_id = c.id)`;

const received = Prisma.sql`(s.number_of_instances - s.own_documents)`;
const arrivals: Record<NonNullable<CaseFilter["images"]>, Prisma.Sql> = {
  whole: Prisma.sql`(c.state <> 'arriving' AND ${received} >= coalesce(s.expected_instances, 0) AND s.refused_instances + s.damaged_instances = 0)`,
  partly: Prisma.sql`(c.state = 'arriving' OR ${received} < coalesce(s.expected_instances, 0))`,
  missing: Prisma.sql`(s.refused_instances + s.damaged_instances > 0)`,
  late: Prisma.sql`(c.late_images > 0)`,
};
const questions: Record<NonNullable<CaseFilter["question"]>, Prisma.Sql> = {
  asked: Prisma.sql`(c.question_state IS NOT NULL AND c.question_state = 'question')`,
  answered: Prisma.sql`(c.question_state IS NOT NULL AND c.question_state = 'answer')`,
  none: Prisma.sql`(c.question_state IS NULL)`,
};

/** As `techCheckOf` of a row. */
const checkWaits = Prisma.sql`(c.tech_checked_at IS NULL AND c.completed_at IS NULL AND c.state <> 'cancelled'
  AND EXISTS (SELECT 1 FROM facility k WHERE k.id = c.facility_id AND k.tech_check))`;
const checks: Record<NonNullable<CaseFilter["techCheck"]>, Prisma.Sql> = {
  waiting: checkWaits,
  complete: Prisma.sql`(c.tech_checked_at IS NOT NULL)`,
  none: Prisma.sql`(c.tech_checked_at IS NULL AND NOT ${checkWaits})`,
};

/** Drafts are the reading group's. */
function drafted(actor: Actor, draft: NonNullable<CaseFilter["draft"]>): Prisma.Sql {
  const of = (whose: Prisma.Sql) =>
    Prisma.sql`(c.reader_org_id = ${actor.orgId}::uuid AND EXISTS (SELECT 1 FROM report_draft w WHERE w.case_id = c.id AND ${whose}))`;
  const me = personOf(actor);
  if (draft === "none") return Prisma.sql`NOT ${of(Prisma.sql`w.author_id IS NOT NULL`)}`;
  if (draft === "mine") return of(Prisma.sql`w.author_id = ${me}::uuid`);
  return of(Prisma.sql`w.author_id <> ${me}::uuid`);
}

/** As `given` of a row: the reading group's alone. */
function inHandOf(actor: Actor, given: NonNullable<CaseFilter["given"]>): Prisma.Sql {
  const runs = Prisma.sql`(c.reader_org_id = ${actor.orgId}::uuid AND ${givenRuns})`;
  if (given === "nobody") return Prisma.sql`NOT ${runs}`;
  const mine = givenTo(personOf(actor));
  return given === "me" ? Prisma.sql`(${runs} AND ${mine})` : Prisma.sql`(${runs} AND NOT ${mine})`;
}

function readBy(actor: Actor, reader: NonNullable<CaseFilter["reader"]>): Prisma.Sql {
  if (reader === "nobody") return free;
  const mine = heldBy(personOf(actor));
  return reader === "me" ? mine : Prisma.sql`(${claimRuns} AND NOT ${mine})`;
}

const now = Prisma.sql`clock_timestamp()`;
const zoneOf = (zone: string): Prisma.Sql =>
  zone === "facility"
    ? Prisma.sql`coalesce((SELECT z.time_zone FROM facility z WHERE z.id = c.facility_id), 'UTC')`
    : Prisma.sql`${zone}`;
const span = ({ count, unit }: { count: number; unit: "minutes" | "hours" | "days" }): Prisma.Sql =>
  unit === "minutes"
    ? Prisma.sql`make_interval(mins => ${count}::int)`
    : unit === "hours"
      ? Prisma.sql`make_interval(hours => ${count}::int)`
      : Prisma.sql`make_interval(hours => ${count * 24}::int)`;

function at(column: Prisma.Sql, when: When): Prisma.Sql {
  switch (when.is) {
    case "within-last":
      return Prisma.sql`(${column} <= ${now} AND ${column} > ${now} - ${span(when)})`;
    case "within-next":
      return Prisma.sql`(${column} > ${now} AND ${column} <= ${now} + ${span(when)})`;
    case "longer-ago":
      return Prisma.sql`(${column} <= ${now} - ${span(when)})`;
    case "on":
      return Prisma.sql`((${column} AT TIME ZONE ${zoneOf(when.zone)})::date = (${now} AT TIME ZONE ${zoneOf(when.zone)})::date + ${when.day}::int)`;
  }
}

/** A study has the date on its facility's wall: spans count from there in days, begun ones too. */
function onDay(when: When): Prisma.Sql {
  const today = (zone: string) => Prisma.sql`(${now} AT TIME ZONE ${zoneOf(zone)})::date`;
  const text = (date: Prisma.Sql) => Prisma.sql`to_char(${date}, 'YYYYMMDD')`;
  if (when.is === "on") return Prisma.sql`(s.study_date = ${text(Prisma.sql`${today(when.zone)} + ${when.day}::int`)})`;
  const minutes = when.count * (when.unit === "minutes" ? 1 : when.unit === "hours" ? 60 : 1440);
  const days = Math.ceil(minutes / 1440);
  const here = today("facility");
  if (when.is === "within-last")
    return Prisma.sql`(s.study_date BETWEEN ${text(Prisma.sql`${here} - ${days}::int`)} AND ${text(here)})`;
  if (when.is === "within-next")
    return Prisma.sql`(s.study_date BETWEEN ${text(here)} AND ${text(Prisma.sql`${here} + ${days}::int`)})`;
  return Prisma.sql`(s.study_date <> '' AND s.study_date < ${text(Prisma.sql`${here} - ${days}::int`)})`;
}
