import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { lockOrder, type OrderRow } from "./find-order.ts";
import type { MatchOrder } from "./inputs.ts";
import { applyLater } from "./match-orders.ts";
import { isOtherPatient, type Matchable, matchDoubts } from "./match-rule.ts";
import { orderPolicy } from "./policy.ts";

type StudyRow = Matchable & {
  studyId: string;
  orgId: string;
  readerOrgId: string | null;
  patientRef: string;
};

/**
 * A person of the site joins an order and a study that do not find each other: a typed accession number, a patient who was registered
 * twice. The words of one patient are never put beside another's images, whatever the reason.
 *
 * @throws {DomainError} `order.other-patient` with `doubts`, `order.cancelled`, `order.not-found`, `study.not-found`, `auth.forbidden`
 */
export async function joinOrder(
  ctx: Ctx<UserActor>,
  { orderId, studyId, reason }: MatchOrder,
): Promise<{ joined: true }> {
  const order = await lockOrder(ctx, orderId);
  if (order.state === "cancelled") throw new DomainError("order.cancelled");
  const study = await studyFor(ctx, order, studyId);
  const doubts = matchDoubts(order, study);
  if (isOtherPatient(doubts)) throw new DomainError("order.other-patient", { details: { doubts: doubts.join(" ") } });
  await write(ctx, { study, orderId, state: "matched", reason });
  await audit(ctx, {
    action: "order.match",
    orgId: study.orgId,
    patientRef: study.patientRef,
    studyRef: studyId,
    details: { orderId, by: "person", doubts: doubts.join(" "), reason },
  });
  await applyLater(ctx, [studyId]);
  return { joined: true };
}

/**
 * A person of the site says that a study does not answer an order. The two are not joined again by themselves.
 * @throws {DomainError} `order.not-found`, `study.not-found`, `auth.forbidden`
 */
export async function partOrder(
  ctx: Ctx<UserActor>,
  { orderId, studyId, reason }: MatchOrder,
): Promise<{ parted: true }> {
  const order = await lockOrder(ctx, orderId);
  const study = await studyFor(ctx, order, studyId);
  await write(ctx, { study, orderId, state: "parted", reason });
  await audit(ctx, {
    action: "order.part",
    orgId: study.orgId,
    patientRef: study.patientRef,
    studyRef: studyId,
    details: { orderId, reason },
  });
  await applyLater(ctx, [studyId]);
  return { parted: true };
}

async function studyFor({ actor, tx }: Ctx<UserActor>, order: OrderRow, studyId: string): Promise<StudyRow> {
  const [study] = await tx.$queryRaw<StudyRow[]>`
    SELECT s.id AS "studyId", s.org_id AS "orgId", s.reader_org_id AS "readerOrgId", s.facility_id AS "facilityId", s.patient_ref AS "patientRef",
      s.accession_number AS "accessionNumber", s.patient_id AS "patientId", s.issuer_of_patient_id AS "issuerOfPatientId",
      s.patient_name AS "patientName", s.patient_birth_date AS "patientBirthDate", s.patient_sex AS "patientSex"
    FROM study s WHERE s.id = ${studyId}::uuid AND s.org_id = ${order.orgId}::uuid`;
  if (!study || !orderPolicy.can(actor, "order.write", study)) throw new DomainError("study.not-found");
  return study;
}

async function write(
  { actor, tx, now }: Ctx<UserActor>,
  { study, orderId, state, reason }: { study: StudyRow; orderId: string; state: "matched" | "parted"; reason: string },
): Promise<void> {
  const said = { state, byId: actor.userId, reason, at: now, readerOrgId: study.readerOrgId };
  await tx.orderMatch.upsert({
    where: { orderId_studyRef: { orderId, studyRef: study.studyId } },
    create: { orderId, studyRef: study.studyId, orgId: study.orgId, ...said },
    update: said,
    select: { orderId: true },
  });
}
