import { formatPersonName } from "@overread/shared/dicom/person-name";
import type { IdentityDoubt } from "@overread/shared/reasons";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import { doubtsByStudy } from "../../reading/index.ts";
import { discrepancyPolicy } from "../policy.ts";
import { ListDiscrepancies } from "./inputs.ts";
import { type DiscrepancyRow, onlyOf, selectDiscrepancies } from "./select-discrepancies.ts";

const pageSize = 25;

/** One over-read that differs. Times are ISO 8601 in UTC. */
type Discrepancy = Omit<DiscrepancyRow, "facility" | "at" | "acknowledgedAt" | "total"> & {
  /** Why it is not certain whose study this is; empty where it is. */
  doubts: IdentityDoubt[];
  facility: string;
  at: string;
  acknowledgedAt: string | null;
  /** The caller signed the preliminary report, and has not said yet that he has seen it. */
  canAcknowledge: boolean;
  canClose: boolean;
};

type Named = { id: string; name: string };
export type Discrepancies = {
  items: Discrepancy[];
  /** That the filter lets through, on all pages. */
  total: number;
  page: number;
  pages: number;
  /** Of all that the caller may see: not acknowledged by their authors; of weight to the patient without a note of what was done. */
  open: number;
  toClose: number;
  /** What there is to filter by. */
  facilities: Named[];
  readers: Named[];
};

/**
 * A page of the over-reads that differ: of the whole group for its lead; of the caller's own, as first or as second reader, otherwise.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function listDiscrepancies(ctx: Ctx<UserActor>, input: ListDiscrepancies): Promise<Discrepancies> {
  const { actor } = ctx;
  discrepancyPolicy.authorize(actor, "discrepancy.list", null);
  const { page, ...filter } = ListDiscrepancies.parse(input);
  const rows = await selectDiscrepancies(ctx, filter, { limit: pageSize, offset: (page - 1) * pageSize });
  const doubts = await doubtsByStudy(
    ctx,
    rows.map(({ studyId }) => studyId),
  );
  const whole = await readWhole(ctx);
  await audit(ctx, { action: "discrepancy.list", details: { count: rows.length, page } });
  const mayClose = discrepancyPolicy.can(actor, "discrepancy.close", null);
  const mayAcknowledge = discrepancyPolicy.can(actor, "discrepancy.acknowledge", null);
  const total = rows[0]?.total ?? 0;
  return {
    items: rows.map(({ total: _, at, acknowledgedAt, ...row }) => ({
      ...row,
      patientName: formatPersonName(row.patientName),
      doubts: doubts.get(row.studyId) ?? [],
      facility: row.facility ?? "",
      at: at.toISOString(),
      acknowledgedAt: acknowledgedAt?.toISOString() ?? null,
      canAcknowledge: mayAcknowledge && acknowledgedAt === null && row.firstReaderId === actor.userId,
      canClose: mayClose,
    })),
    total,
    page,
    pages: Math.max(1, Math.ceil(total / pageSize)),
    ...whole,
  };
}

/** What stands above the list: counts and choices, whatever the filter says. */
async function readWhole({
  actor,
  tx,
}: Ctx<UserActor>): Promise<Pick<Discrepancies, "open" | "toClose" | "facilities" | "readers">> {
  const only = onlyOf(actor);
  const rows = await tx.$queryRaw<
    {
      facilityId: string | null;
      facility: string | null;
      firstId: string;
      firstName: string;
      secondId: string;
      secondName: string;
      open: number;
      toClose: number;
    }[]
  >`
    SELECT f.id::text AS "facilityId", f.name AS facility, first.signed_by_id::text AS "firstId", max(first.signed_by_name) AS "firstName",
      o.by_id::text AS "secondId", max(final.signed_by_name) AS "secondName",
      count(*) FILTER (WHERE seen.at IS NULL)::int AS open,
      count(*) FILTER (WHERE o.significant AND NOT EXISTS (SELECT 1 FROM over_read_closure d WHERE d.over_read_id = o.id))::int AS "toClose"
    FROM over_read o
      JOIN report_version first ON first.id = o.preliminary_version_id
      JOIN report_version final ON final.id = o.final_version_id
      JOIN reading_case c ON c.id = o.case_id LEFT JOIN facility f ON f.id = c.facility_id
      LEFT JOIN over_read_seen seen ON seen.over_read_id = o.id
    WHERE o.reader_org_id = ${actor.orgId}::uuid AND o.score > 1
      AND (${only}::uuid IS NULL OR ${only}::uuid IN (first.signed_by_id, o.by_id))
    GROUP BY f.id, f.name, first.signed_by_id, o.by_id`;
  const readers = rows.flatMap(({ firstId, firstName, secondId, secondName }) => [
    { id: firstId, name: firstName },
    { id: secondId, name: secondName },
  ]);
  const sum = (of: "open" | "toClose") => rows.reduce((count, row) => count + row[of], 0);
  return {
    open: sum("open"),
    toClose: sum("toClose"),
    facilities: distinct(rows.flatMap(({ facilityId: id, facility: name }) => (id && name ? [{ id, name }] : []))),
    readers: distinct(readers),
  };
}

const distinct = (named: Named[]): Named[] =>
  [...new Map(named.map((each) => [each.id, each])).values()].sort((a, b) => a.name.localeCompare(b.name));
