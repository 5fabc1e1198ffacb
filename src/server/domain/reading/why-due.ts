import type { Ctx } from "#server/context.ts";
import type { ServiceLevel } from "../assignment/engine/index.ts";
import { serviceLevelsOf } from "../service-level/index.ts";
import { type ClockStop, caseClocks } from "./case-clock.ts";

type At<T> = { [K in keyof T]: T[K] extends number ? string : T[K] extends number | null ? string | null : T[K] };
/** Why a case is due when it is: what it was promised, from when on, by which line of which version, and when its clock stood still. */
export type WhyDue = {
  from: string;
  minutes: number;
  /** Null: no version was written when it arrived. */
  validFrom: string | null;
  /** The line that decided and its place from 1; null: none fitted. Of its facilities only the case's own is told. */
  line: { number: number; says: ServiceLevel["lines"][number] } | null;
  stops: At<ClockStop>[];
};

/** Asks no policy: the caller has found the case. */
export async function whyDue(
  ctx: Pick<Ctx, "tx">,
  { caseId, facilityId }: { caseId: string; facilityId: string | null },
): Promise<WhyDue> {
  const [row] = await ctx.tx.$queryRaw<{ serviceLevelId: string | null; line: number | null }[]>`
    SELECT service_level_id AS "serviceLevelId", service_level_line AS line FROM reading_case WHERE id = ${caseId}::uuid`;
  const clock = (await caseClocks(ctx, [caseId])).get(caseId);
  if (!row || !clock) throw new Error("a case that was found has a clock");
  const [version] = row.serviceLevelId ? await serviceLevelsOf(ctx, { serviceLevelIds: [row.serviceLevelId] }) : [];
  const says = row.line === null ? undefined : version?.lines[row.line];
  const iso = (at: number) => new Date(at).toISOString();
  return {
    from: iso(clock.startedAt),
    minutes: clock.minutes,
    validFrom: version ? iso(version.validFrom) : null,
    line:
      says && row.line !== null
        ? {
            number: row.line + 1,
            says: { ...says, facilityIds: says.facilityIds.filter((id) => id === facilityId) },
          }
        : null,
    stops: clock.stops.map(({ why, from, until }) => ({
      why,
      from: iso(from),
      until: until === null ? null : iso(until),
    })),
  };
}
