import type { Ctx, UserActor } from "#server/context.ts";
import { levelAt } from "./credentials.ts";
import { readerPolicy } from "./policy.ts";
import { readFacilities } from "./read-facilities.ts";
import { keptCredentials, readerFacts } from "./reader-facts.ts";
import { endingsOf } from "./reminders.ts";
import { runningShift } from "./roster.ts";
import type { EndingView, ReaderListItem, ReadPlace } from "./shapes.ts";
import { workUnitTable } from "./work-unit-table.ts";

type ReadersAnswer = {
  timeZone: string;
  enforced: boolean;
  items: ReaderListItem[];
  endings: EndingView[];
  places: ReadPlace[];
  groups: { groupId: string; name: string; readerIds: string[] }[];
  /** `version` 0: the usual table, until the group brings its own. */
  workUnits: { version: number; at: Date | null; procedures: number; modalities: number; otherwise: number };
};

/** The readers of the caller's group: who is on shift, whose licence or privilege ends soon, whom it would bar. @throws {DomainError} `auth.forbidden` */
export async function listReaders(ctx: Ctx<UserActor>): Promise<ReadersAnswer> {
  const { actor, tx } = ctx;
  readerPolicy.authorize(actor, "reader.manage", null);
  const org = await tx.organization.findUniqueOrThrow({ where: { id: actor.orgId }, select: { timeZone: true } });
  const settings = await tx.readerSettings.findUnique({ where: { orgId: actor.orgId } });
  const groups = await tx.readerGroup.findMany({
    where: { orgId: actor.orgId, removedAt: null },
    orderBy: { name: "asc" },
  });
  const [newest] = await tx.workUnitTable.findMany({
    where: { orgId: actor.orgId },
    orderBy: { version: "desc" },
    take: 1,
    select: { version: true, at: true },
  });
  const table = await workUnitTable(tx, actor.orgId);
  const facilities = await readFacilities(tx, actor.orgId);
  return {
    timeZone: org.timeZone,
    enforced: settings?.credentialsEnforced ?? false,
    items: await itemsOf(ctx, facilities),
    endings: await endingViews(ctx),
    places: facilities.map(({ id, name, hospitalName, jurisdiction, timeZone }) => ({
      facilityId: id,
      name,
      hospitalName,
      jurisdiction,
      timeZone,
    })),
    groups: groups.map(({ id, name, readerIds }) => ({ groupId: id, name, readerIds })),
    workUnits: {
      version: newest?.version ?? 0,
      at: newest?.at ?? null,
      procedures: table.procedures.length,
      modalities: table.modalities.length,
      otherwise: table.otherwise,
    },
  };
}

async function itemsOf(
  { actor, tx, now }: Ctx<UserActor>,
  facilities: Awaited<ReturnType<typeof readFacilities>>,
): Promise<ReaderListItem[]> {
  const people = await tx.user.findMany({
    where: { orgId: actor.orgId, deactivatedAt: null, roles: { has: "radiologist" } },
    orderBy: [{ displayName: "asc" }, { id: "asc" }],
    select: { id: true, displayName: true },
  });
  const facts = new Map((await readerFacts(tx, actor.orgId, now)).map((each) => [each.id, each]));
  const { licences, privileges } = await keptCredentials(tx, actor.orgId);
  const at = now.getTime();
  return people.flatMap(({ id, displayName }) => {
    const reader = facts.get(id);
    if (!reader) return [];
    const valid = licences.filter(
      (each) =>
        each.userId === id &&
        (each.validFrom?.getTime() ?? at) <= at &&
        (each.validUntil === null || each.validUntil.getTime() > at),
    );
    const held = [...new Set(valid.map(({ jurisdiction }) => jurisdiction))].sort();
    const mayReport = (facilityId: string) =>
      privileges.some(
        (each) =>
          each.userId === id &&
          each.facilityId === facilityId &&
          levelAt({ level: each.level, expiresAt: each.expiresAt?.getTime() ?? null }, at) === "report",
      );
    return [
      {
        userId: id,
        displayName,
        ...standingOf(reader, at),
        signedIn: reader.signedIn,
        readTypes: reader.readTypes,
        licences: held,
        barredAt: facilities.flatMap(({ id: facilityId, jurisdiction }): ReaderListItem["barredAt"] =>
          jurisdiction !== "" && !held.includes(jurisdiction)
            ? [{ facilityId, why: "licence" }]
            : mayReport(facilityId)
              ? []
              : [{ facilityId, why: "privilege" }],
        ),
        done: { cases: reader.done.cases, workUnits: reader.done.workUnits },
      },
    ];
  });
}

function standingOf(
  { shifts, breaks }: { shifts: { from: number; until: number }[] | null; breaks: { from: number; until: number }[] },
  now: number,
): Pick<ReaderListItem, "standing" | "until"> {
  if (shifts === null) return { standing: "off-roster", until: null };
  const pause = breaks.find(({ from, until }) => from <= now && until > now);
  const running = runningShift(shifts, now);
  if (running && pause) return { standing: "on-break", until: new Date(pause.until) };
  if (running) return { standing: "on-shift", until: new Date(running.until) };
  const next = shifts.map(({ from }) => from).filter((from) => from > now);
  return { standing: "off-shift", until: next.length > 0 ? new Date(Math.min(...next)) : null };
}

/** What ends soon or has ended, with the step somebody was last reminded at. */
export async function endingViews({ actor, tx, now }: Ctx<UserActor>): Promise<EndingView[]> {
  const endings = await endingsOf(tx, actor.orgId, now);
  const labels = new Map((await readFacilities(tx, actor.orgId)).map(({ id, name }) => [id, name]));
  for (const { id, jurisdiction } of await tx.readerLicence.findMany({ where: { orgId: actor.orgId } }))
    labels.set(id, jurisdiction);
  const reminders = await tx.credentialReminder.findMany({
    where: { orgId: actor.orgId, subjectId: { in: endings.map(({ subjectId }) => subjectId) } },
  });
  return endings.map(({ kind, userId, subjectId, endsAt }) => {
    const steps = reminders
      .filter(
        (each) => each.userId === userId && each.subjectId === subjectId && each.endsAt.getTime() === endsAt.getTime(),
      )
      .map(({ step }) => step);
    return {
      kind,
      userId,
      label: labels.get(subjectId) ?? "",
      endsAt,
      step: steps.length > 0 ? Math.min(...steps) : null,
    };
  });
}
