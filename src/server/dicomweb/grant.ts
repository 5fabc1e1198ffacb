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

/**
 * The caller, the hospital whose root is addressed, and the caller's reach there. `onLent`: called when a study is granted that is
 * only lent to the caller, before anything of it is sent. `ahead`: a reader's browser fetches what it will show when he opens his next case.
 */
export type Caller = {
  actor: Actor;
  org: { id: string; slug: string };
  requestId: string;
  onLent?: () => void;
  ahead?: boolean;
};

/** Permission for one study, cached for a minute. */
export type StudyGrant = {
  studyId: string;
  orgId: string;
  /** When the served version of one of its images was last decided. Milliseconds; 0 never. */
  decidedAt: number;
  /** The claim that it is lent to, and readable by; null: the caller reads it in its own right. */
  lentTo: string | null;
  /** Instances of a series, by SOP Instance UID, loaded on first use. */
  series: Map<string, Promise<SeriesIndex>>;
};
type SeriesIndex = Map<string, InstanceLocation>;

/** Said by the reading pages of what they fetch before anybody has opened it: the trail tells it apart from opening images. It opens nothing else. */
const aheadHeader = "overread-ahead";

/** How long a grant is cached, so that scrolling through a CT is one audit event. */
const grantMs = 60_000;
/**
 * How long it is used without checking the study again: the longest that a withdrawn right still works without a
 * notification.
 */
const recheckMs = 2_000;
/** Rights have ended: every study is checked again before anything more of it is sent. */
export function recheckGrants(): void {
  for (const each of grants.values()) each.lookAt = 0;
}
const organisations = new Map<string, { id: string; until: number }>();
const grants = new Map<string, { until: number; lookAt: number; grant: Promise<StudyGrant> }>();

/**
 * @throws {DomainError} `auth.required`; `org.not-found` for a root that does not exist or belongs to strangers;
 * `auth.forbidden` when role or scope do not cover the action at all.
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
  return { actor, org, requestId, ahead: actor.kind === "user" && req.headers[aheadHeader] === "1" };
}

/** The organisation of a root, if the caller's organisation can see it (row-level security). */
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

/** The caller and the extent of their rights: with other roles, facilities or scopes a cached grant is not used. */
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
  /** The case whose claim it is lent to now; null: none. */
  lent_to_case: string | null;
  lent_to_claim: string | null;
};
/** The caller's organisation does not see it otherwise. */
const lentTo = (actor: Actor, org: Caller["org"], row: StudyRow): string | null =>
  row.lent_to_case && actor.orgId !== org.id && actor.orgId !== row.reader_org_id
    ? `${row.lent_to_case}/${row.lent_to_claim}`
    : null;
const decidedAt = ({ decided_at }: StudyRow): number => decided_at?.getTime() ?? 0;

/** The study, if this actor may read it now. @throws {DomainError} `study.not-found` */
async function readableStudy(tx: Pick<SqlTx, "$queryRaw">, { actor, org }: Caller, uid: string): Promise<StudyRow> {
  const [study] = await tx.$queryRaw<StudyRow[]>`
    SELECT study.id, patient_ref, reader_org_id, facility_id, referrer_id,
      (SELECT max(i.resolved_at) FROM instance i WHERE i.study_ref = study.id) AS decided_at,
      l.case_id AS lent_to_case, l.claim_token::text AS lent_to_claim
    FROM study LEFT JOIN LATERAL (SELECT n.case_id, n.claim_token FROM lent_now() n WHERE n.study_ref = study.id LIMIT 1) l ON true
    WHERE org_id = ${org.id}::uuid AND study_instance_uid = ${uid}`;
  if (!study) throw new DomainError("study.not-found");
  authorizeStudy(actor, "study.read", {
    orgId: org.id,
    readerOrgId: study.reader_org_id,
    facilityId: study.facility_id,
    referrerId: study.referrer_id,
    lent: study.lent_to_case !== null,
  });
  return study;
}

/**
 * Whether a running answer may continue: the session or token is valid, and its rights still cover the study. Queries
 * the database; called every few MB.
 */
export async function mayStillRead(req: IncomingMessage, caller: Caller, studyInstanceUid: string): Promise<boolean> {
  const actor = await actorFromRequest(req, { touch: false });
  if (!actor) return false;
  const may = (await readGrantedStudy({ ...caller, actor }, studyInstanceUid)) !== null;
  if (!may) grants.delete(grantKey({ ...caller, actor }, studyInstanceUid));
  return may;
}

/** The study as it is now; null when it may no longer be read. */
function readGrantedStudy(caller: Caller, studyInstanceUid: string): Promise<StudyRow | null> {
  return withTenantSql(caller.actor, ({ tx }) => readableStudy(tx, caller, studyInstanceUid), { readOnly: true }).catch(
    (error: unknown) => {
      if (error instanceof DomainError && /^(study\.not-found|auth\.)/.test(error.code)) return null;
      throw error;
    },
  );
}

const grantKey = ({ actor, org, ahead }: Caller, studyInstanceUid: string): string =>
  `${identityOf(actor)}/${org.id}/${studyInstanceUid}${ahead ? "/ahead" : ""}`;

/**
 * Grants the caller a study. The first request evaluates the policy and writes one audit event; the grant then serves
 * the thousand frames that follow, for at most a minute.
 *
 * @throws {DomainError} `study.not-found`, the same for forbidden and missing.
 */
export async function grantStudy(caller: Caller, studyInstanceUid: string): Promise<StudyGrant> {
  const { actor, org, requestId } = caller;
  const key = grantKey(caller, studyInstanceUid);
  const known = grants.get(key);
  if (known && known.until > Date.now()) {
    // What is lent is asked for each time: it ends with the claim, in that moment.
    const current = known.lookAt > Date.now() ? await known.grant : null;
    if (current && current.lentTo === null) return current;
    known.lookAt = Date.now() + recheckMs;
    const study = await readGrantedStudy(caller, studyInstanceUid);
    if (!study) {
      grants.delete(key);
      throw new DomainError("study.not-found");
    }
    const grant = await known.grant;
    if (grant.lentTo !== lentTo(actor, org, study)) {
      // Lent to another claim, or readable in another way: a read of its own for the trail.
      if (grants.get(key) === known) grants.delete(key);
      return grantStudy(caller, studyInstanceUid);
    }
    if (grant.lentTo !== null) caller.onLent?.();
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
      const { lent_to_case: caseId, lent_to_claim: claim } = study;
      await appendAs(
        tx,
        actor,
        caseId
          ? { action: "study.read-lent", ...subject, caseId, details: { claim } }
          : { action: caller.ahead ? "study.read-ahead" : "study.read", ...subject },
        requestId,
      );
      return {
        studyId: study.id,
        orgId: org.id,
        decidedAt: decidedAt(study),
        lentTo: lentTo(actor, org, study),
        series: new Map(),
      };
    },
    { requestId, pipelineOpening: true },
  );
  if (grants.size > 2000) for (const [name, { until }] of grants) if (until <= Date.now()) grants.delete(name);
  if (grants.size > 10_000) grants.clear();
  grants.set(key, { until: Date.now() + grantMs, lookAt: Date.now() + recheckMs, grant });
  grant.catch(() => grants.delete(key));
  if ((await grant).lentTo !== null) caller.onLent?.();
  return grant;
}

/**
 * The instance of a URL.
 *
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
  // A just acknowledged image must be found: images may have arrived since. A wrong guess costs one index look-up.
  const [arrived] = await withTenantSql(
    caller.actor,
    (ctx) => locateInstances(ctx, { studyId: grant.studyId, seriesInstanceUid: series, sopInstanceUid: instance }),
    { readOnly: true },
  );
  if (!arrived) throw new DomainError(index.size === 0 ? "series.not-found" : "instance.not-found");
  grant.series.delete(series);
  return arrived;
}

/** The instance of a URL, in a study granted to the caller. */
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
  // Empty answers and errors are not cached.
  loading.then(
    (instances) => instances.size === 0 && grant.series.delete(seriesInstanceUid),
    () => grant.series.delete(seriesInstanceUid),
  );
  return loading;
}
