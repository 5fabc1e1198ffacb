import type { CaseSort, SortColumn } from "@overread/shared/case-view";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import { Prisma } from "#server/db/generated/client.ts";
import { claimRuns } from "./case-conditions.ts";
import { acquiredModalities, type CaseRow } from "./case-rows.ts";

/** An order of cases, and positions in it: of the row that a page ends with. */
type CaseOrder = {
  orderBy: Prisma.Sql;
  /** The position of a row, as opaque text without name or ID of a patient. */
  cursorOf: (row: CaseRow) => string;
  /** The rows behind a position. @throws {DomainError} `request.invalid` */
  after: (cursor: string) => Prisma.Sql;
};

export const orderOf = (sort: CaseSort | undefined): CaseOrder => (sort?.length ? orderBy(sort) : mostUrgentFirst);

const invalid = () => new DomainError("request.invalid", { details: { fields: "cursor" } });
const decode = (cursor: string) => Buffer.from(cursor, "base64url").toString();
const encode = (text: string) => Buffer.from(text).toString("base64url");

/** Score, due time, arrival. Compared as one row, which is what the index answers. */
const mostUrgentFirst: CaseOrder = {
  orderBy: Prisma.sql`c.priority_score DESC, c.due_at, c.created_at, c.id`,
  cursorOf: (row) => encode([row.priorityScore, row.dueAt.getTime(), row.createdAt.getTime(), row.caseId].join("|")),
  after(cursor) {
    const match = /^(-?\d{1,9})\|(\d{1,15})\|(\d{1,15})\|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(
      decode(cursor),
    );
    if (!match) throw invalid();
    const [score, due, created] = [Number(match[1]), new Date(Number(match[2])), new Date(Number(match[3]))];
    return Prisma.sql`(-c.priority_score, c.due_at, c.created_at, c.id) > (${-score}::int, ${due}::timestamptz, ${created}::timestamptz, ${match[4]}::uuid)`;
  },
};

type Value = string | number;
/** A column as SQL that is never null, and the same value of a row that was read. */
type Key = { sql: Prisma.Sql; of: (row: CaseRow) => Value; type: "int" | "timestamptz" | "text" };
const priorities = ["stat", "urgent", "routine"];
const keys: Record<SortColumn, Key> = {
  priority: {
    sql: Prisma.sql`array_position(${priorities}::text[], c.priority::text)`,
    of: ({ priority }) => priorities.indexOf(priority) + 1,
    type: "int",
  },
  due: { sql: Prisma.sql`c.due_at`, of: ({ dueAt }) => dueAt.toISOString(), type: "timestamptz" },
  arrived: { sql: Prisma.sql`c.created_at`, of: ({ createdAt }) => createdAt.toISOString(), type: "timestamptz" },
  exam: {
    sql: Prisma.sql`array_to_string(${acquiredModalities}, ' ')`,
    of: ({ modalities }) => modalities.join(" "),
    type: "text",
  },
  facility: {
    sql: Prisma.sql`coalesce(f.name, o.slug)`,
    of: ({ facilityName, orgSlug }) => facilityName ?? orgSlug,
    type: "text",
  },
  studyDate: {
    sql: Prisma.sql`(s.study_date || s.study_time)`,
    of: ({ studyDate, studyTime }) => studyDate + studyTime,
    type: "text",
  },
  images: {
    sql: Prisma.sql`(s.number_of_instances - s.own_documents)`,
    of: ({ receivedInstances }) => receivedInstances,
    type: "int",
  },
  priors: {
    sql: Prisma.sql`(SELECT count(*)::int FROM case_prior p WHERE p.case_id = c.id)`,
    of: ({ priorCount }) => priorCount,
    type: "int",
  },
  reader: {
    sql: Prisma.sql`(CASE WHEN ${claimRuns} THEN coalesce(staff_name(c.claimed_by_id), '') ELSE '' END)`,
    of: ({ claimLive, claimedByName }) => (claimLive ? (claimedByName ?? "") : ""),
    type: "text",
  },
  state: { sql: Prisma.sql`c.state::text`, of: ({ state }) => state, type: "text" },
};

function orderBy(sort: CaseSort): CaseOrder {
  const used = sort.map(({ by, down }) => ({ ...keys[by], down }));
  const direction = (down: boolean) => (down ? Prisma.sql`DESC` : Prisma.sql`ASC`);
  const Cursor = z.tuple([
    z.literal(sort.map(({ by, down }) => `${down ? "-" : ""}${by}`).join()),
    z.array(z.union([z.string().max(200), z.int()])).length(sort.length),
    z.uuid(),
  ]);
  return {
    orderBy: Prisma.join([...used.map(({ sql, down }) => Prisma.sql`${sql} ${direction(down)}`), Prisma.sql`c.id`]),
    cursorOf: (row) =>
      encode(
        JSON.stringify([
          sort.map(({ by, down }) => `${down ? "-" : ""}${by}`).join(),
          used.map(({ of }) => of(row)),
          row.caseId,
        ]),
      ),
    after(cursor) {
      const { data } = Cursor.safeParse(parsed(decode(cursor)));
      if (!data) throw invalid();
      const [, values, caseId] = data;
      const value = (index: number) => typed(used[index]?.type, values[index]);
      const ways = used.map(({ sql, down }, index) => {
        const same = used.slice(0, index).map((key, n) => Prisma.sql`${key.sql} = ${value(n)}`);
        const beyond = down ? Prisma.sql`${sql} < ${value(index)}` : Prisma.sql`${sql} > ${value(index)}`;
        return Prisma.sql`(${Prisma.join([...same, beyond], " AND ")})`;
      });
      const all = used.map((key, n) => Prisma.sql`${key.sql} = ${value(n)}`);
      ways.push(Prisma.sql`(${Prisma.join([...all, Prisma.sql`c.id > ${caseId}::uuid`], " AND ")})`);
      return Prisma.sql`(${Prisma.join(ways, " OR ")})`;
    },
  };
}

/** The year 10000. */
const latest = Date.UTC(10_000, 0);

function typed(type: Key["type"] | undefined, value: Value | undefined): Prisma.Sql {
  if (type === "int" && typeof value === "number" && Math.abs(value) < 2 ** 31) return Prisma.sql`${value}::int`;
  if (type === "text" && typeof value === "string" && !value.includes("\0")) return Prisma.sql`${value}::text`;
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (type !== "timestamptz" || !(time >= 0 && time < latest)) throw invalid();
  return Prisma.sql`${new Date(time)}::timestamptz`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
