import type { IncomingMessage } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import type { Actor, SqlTx } from "#server/context.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import {
  authorizeStudy,
  type ImagingAction,
  type InstanceLocation,
  imagingScope,
  locateInstances,
} from "#server/domain/imaging/index.ts";

/** Who asks, for which hospital's root, and how far they may see there. */
export type Caller = { actor: Actor; org: { id: string; slug: string }; requestId: string };

/** Permission for one study, asked for once and kept for a minute. */
export type StudyGrant = {
  studyId: string;
  orgId: string;
  /** When it was last decided which version of one of its images is served. Milliseconds; 0 never. */
  decidedAt: number;
  /** Instances of a series, by SOP Instance UID, loaded when the first is asked for. */
  series: Map<string, Promise<SeriesIndex>>;
};
type SeriesIndex = Map<string, InstanceLocation>;

/** How long an answer holds, so that a scroll through a CT is one event on the trail. */
const grantMs = 60_000;
/** How long it is believed without another look at the study: the longest that a right taken away still works, where nobody says that it ended. */
const recheckMs = 2_000;
/** Looks at every study anew before anything more of it is sent: somebody's rights have ended. */
export function recheckGrants(): void {
  for (const each of grants.values()) each.lookAt = 0;
}
const organisations = new Map<string, { id: string; until: number }>();
const grants = new Map<string, { until: number; lookAt: number; grant: Promise<StudyGrant> }>();

/**
 * @throws {DomainError} `auth.required`; `org.not-found` for a root that does not exist or belongs to strangers;
 *   `auth.forbidden` when role or scope do not cover the action at all.
 */
export async function callerFor(
  req: IncomingMessage,
  orgSlug: string,
  action: ImagingAction,
  requestId: string,
): Promise<Caller> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  const org = { id: await organisationId(actor, orgSlug), slug: orgSlug };
  if (imagingScope(actor, action, org.id).kind === "none") {
    if (actor.orgId !== org.id && (action === "study.store" || action === "study.complete"))
      throw new DomainError("org.not-found");
    await withTenantSql(actor, ({ tx }) =>
      appendAs(tx, actor, { action: "access.refused", outcome: "refused", details: { asked: action } }, requestId),
    );
    throw new DomainError("auth.forbidden");
  }
  return { actor, org, requestId };
}

/** The organisation behind a root, as far as the caller's own organisation can see it (row-level security). */
async function organisationId(actor: Actor, slug: string): Promise<string> {
  const key = `${actor.orgId}/${slug}`;
  const known = organisations.get(key);
  if (known && known.until > Date.now()) return known.id;
  const [row] = await withTenantSql(
    actor,
    ({ tx }) => tx.$queryRaw<{ id: string }[]>`SELECT id FROM organization WHERE slug = ${slug} AND kind = 'hospital'`,
    { readOnly: true },
  );
  if (!row) throw new DomainError("org.not-found");
  if (organisations.size > 1000) organisations.clear();
  organisations.set(key, { id: row.id, until: Date.now() + grantMs });
  return row.id;
}

/** Who asks and how far their rights go: with other roles, facilities or scopes an earlier answer holds no more. */
function identityOf(actor: Actor): string {
  if (actor.kind === "user") return `user/${actor.sessionId}/${actor.roles}/${actor.facilityIds}`;
  return actor.kind === "token" ? `token/${actor.tokenId}/${actor.scopes}` : `system/${actor.name}`;
}

type StudyRow = {
  id: string;
  patient_ref: string;
  reader_org_id: string | null;
  facility_id: string | null;
  referrer_id: string | null;
  decided_at: Date | null;
};
const decidedAt = ({ decided_at }: StudyRow): number => decided_at?.getTime() ?? 0;

/** The study, if this actor may read it now. @throws {DomainError} `study.not-found` */
async function readableStudy(tx: Pick<SqlTx, "$queryRaw">, { actor, org }: Caller, uid: string): Promise<StudyRow> {
  const [study] = await tx.$queryRaw<StudyRow[]>`
    SELECT id, patient_ref, reader_org_id, facility_id, referrer_id,
      (SELECT max(i.resolved_at) FROM instance i WHERE i.study_ref = study.id) AS decided_at FROM study
    WHERE org_id = ${org.id}::uuid AND study_instance_uid = ${uid}`;
  if (!study) throw new DomainError("study.not-found");
  authorizeStudy(actor, "study.read", {
    orgId: org.id,
    readerOrgId: study.reader_org_id,
    facilityId: study.facility_id,
    referrerId: study.referrer_id,
  });
  return study;
}

/**
 * Whether an answer that is under way may go on: the session or token stands, and its rights still cover the study. Looks at the
 * database; asked every few MB.
 */
export async function mayStillRead(req: IncomingMessage, caller: Caller, studyInstanceUid: string): Promise<boolean> {
  const actor = await actorFromRequest(req, { touch: false });
  if (!actor) return false;
  const may = (await lookAgain({ ...caller, actor }, studyInstanceUid)) !== null;
  if (!may) grants.delete(grantKey({ ...caller, actor }, studyInstanceUid));
  return may;
}

/** The study as it is now; null when it may not be read any more. */
function lookAgain(caller: Caller, studyInstanceUid: string): Promise<StudyRow | null> {
  return withTenantSql(caller.actor, ({ tx }) => readableStudy(tx, caller, studyInstanceUid), { readOnly: true }).catch(
    (error: unknown) => {
      if (error instanceof DomainError && /^(study\.not-found|auth\.)/.test(error.code)) return null;
      throw error;
    },
  );
}

const grantKey = ({ actor, org }: Caller, studyInstanceUid: string): string =>
  `${identityOf(actor)}/${org.id}/${studyInstanceUid}`;

/**
 * May this caller open this study? The first request asks the policy and writes one audit event; the answer serves
 * the thousand frames that follow, for at most a minute.
 *
 * @throws {DomainError} `study.not-found`, the same for not yours and not there.
 */
export async function grantStudy(caller: Caller, studyInstanceUid: string): Promise<StudyGrant> {
  const { actor, org, requestId } = caller;
  const key = grantKey(caller, studyInstanceUid);
  const known = grants.get(key);
  if (known && known.until > Date.now()) {
    if (known.lookAt > Date.now()) return known.grant;
    known.lookAt = Date.now() + recheckMs;
    const study = await lookAgain(caller, studyInstanceUid);
    if (!study) {
      grants.delete(key);
      throw new DomainError("study.not-found");
    }
    const grant = await known.grant;
    // Another version of an image is served now.
    if (grant.decidedAt !== decidedAt(study)) grant.series.clear();
    grant.decidedAt = decidedAt(study);
    return grant;
  }
  const grant = withTenantSql(
    actor,
    async ({ tx }) => {
      const study = await readableStudy(tx, caller, studyInstanceUid);
      const subject = { orgId: org.id, patientRef: study.patient_ref, studyRef: study.id };
      await appendAs(tx, actor, { action: "study.read", ...subject }, requestId);
      return { studyId: study.id, orgId: org.id, decidedAt: decidedAt(study), series: new Map() };
    },
    { requestId, straightaway: true },
  );
  if (grants.size > 2000) for (const [name, { until }] of grants) if (until <= Date.now()) grants.delete(name);
  if (grants.size > 10_000) grants.clear();
  grants.set(key, { until: Date.now() + grantMs, lookAt: Date.now() + recheckMs, grant });
  grant.catch(() => grants.delete(key));
  return grant;
}

/**
 * The instance an address names.
 * @throws {DomainError} `series.not-found`, `instance.not-found`
 */
export async function findInstance(
  caller: Caller,
  grant: StudyGrant,
  { series, instance }: { series: string; instance: string },
): Promise<InstanceLocation> {
  const index = await seriesIndex(caller, grant, series);
  const known = index.get(instance);
  if (known) return known;
  // What was acknowledged a moment ago is found: images may have come since. A wrong guess costs one look at an index.
  const [arrived] = await withTenantSql(
    caller.actor,
    (ctx) => locateInstances(ctx, { studyId: grant.studyId, seriesInstanceUid: series, sopInstanceUid: instance }),
    { readOnly: true },
  );
  if (!arrived) throw new DomainError(index.size === 0 ? "series.not-found" : "instance.not-found");
  grant.series.delete(series);
  return arrived;
}

/** The instance an address names, in a study that the caller is granted. */
export async function locateInstance(
  caller: Caller,
  { study, series, instance }: { study: string; series: string; instance: string },
): Promise<InstanceLocation> {
  return findInstance(caller, await grantStudy(caller, study), { series, instance });
}

function seriesIndex(caller: Caller, grant: StudyGrant, seriesInstanceUid: string): Promise<SeriesIndex> {
  const known = grant.series.get(seriesInstanceUid);
  if (known) return known;
  const loading = withTenantSql(
    caller.actor,
    (ctx) => locateInstances(ctx, { studyId: grant.studyId, seriesInstanceUid }),
    { readOnly: true },
  ).then((found) => new Map(found.map((each) => [each.sopInstanceUid, each])));
  grant.series.set(seriesInstanceUid, loading);
  // An empty answer and an error are not worth keeping.
  loading.then(
    (instances) => instances.size === 0 && grant.series.delete(seriesInstanceUid),
    () => grant.series.delete(seriesInstanceUid),
  );
  return loading;
}
