import type { Ctx, SqlTx, UserActor } from "#server/context.ts";
import type { Instant } from "../engine/codes.ts";
import { median } from "../engine/fairness.ts";
import { type ReaderLoad, ratesOf } from "../engine/measure.ts";
import { rulesPolicy } from "../rules/policy.ts";
import { namesOfGroup } from "../rules/rule-choices.ts";

type Published = {
  from: Instant;
  until: Instant;
  publishedAt: Instant;
  /** Of work units per hour on shift. */
  jain: number;
  gini: number;
  /** Work units per hour; null: nobody was on shift. */
  median: number | null;
  /** Of how many readers these are. */
  readers: number;
  cases: number;
};
export type PublishedShift = Published & { loads: (ReaderLoad & { name: string })[] };
/** A reader's own shift: his figures, and of the others none by name. */
export type OwnPublishedShift = Published & { own: Omit<ReaderLoad, "readerId"> };

/** So many are listed. */
const listed = 30;

/** The last published shifts with everybody's figures, for the lead. @throws {DomainError} `auth.forbidden` */
export async function publishedShifts({ tx, actor }: Ctx<UserActor>): Promise<PublishedShift[]> {
  rulesPolicy.authorize(actor, "board.read", null);
  const names = await namesOfGroup(tx, actor.orgId);
  return (await rowsOf(tx, actor.orgId, null)).map((row) => ({
    ...shapeOf(row),
    loads: row.loads.map((load) => ({ ...load, name: names("reader", load.readerId) })),
  }));
}

/** The caller's own last shifts: his figures beside the group's index and median. @throws {DomainError} `auth.forbidden` */
export async function ownPublishedShifts({ tx, actor }: Ctx<UserActor>): Promise<OwnPublishedShift[]> {
  rulesPolicy.authorize(actor, "fairness.own", null);
  return (await rowsOf(tx, actor.orgId, actor.userId)).map((row) => {
    const { readerId: _, ...own } = row.loads.find(({ readerId }) => readerId === actor.userId) ?? nothing;
    return { ...shapeOf(row), own };
  });
}

const nothing: ReaderLoad = { readerId: "", cases: 0, workUnits: 0, hours: 0 };

type Row = Omit<Published, "from" | "until" | "publishedAt" | "median"> & {
  startsAt: Date;
  endsAt: Date;
  publishedAt: Date;
  loads: ReaderLoad[];
};
/** `readerId` null: everybody's. */
function rowsOf(tx: SqlTx, orgId: string, readerId: string | null): Promise<Row[]> {
  return tx.$queryRaw<Row[]>`
    SELECT starts_at AS "startsAt", ends_at AS "endsAt", published_at AS "publishedAt", jain, gini, readers, cases, loads FROM shift_fairness
    WHERE org_id = ${orgId}::uuid AND (${readerId}::uuid IS NULL OR ${readerId}::uuid = ANY(reader_ids))
    ORDER BY ends_at DESC, starts_at DESC LIMIT ${listed}`;
}

const shapeOf = ({ startsAt, endsAt, publishedAt, jain, gini, readers, cases, loads }: Row): Published => ({
  from: startsAt.getTime(),
  until: endsAt.getTime(),
  publishedAt: publishedAt.getTime(),
  jain,
  gini,
  median: median(ratesOf(loads)),
  readers,
  cases,
});
