import type { UserActor } from "#server/context.ts";
import { rulesPolicy } from "#server/domain/assignment/index.ts";
import { auditPolicy } from "#server/domain/audit/index.ts";
import { edgePolicy } from "#server/domain/edge/index.ts";
import { escalationPolicy } from "#server/domain/escalation/index.ts";
import { opensImages } from "#server/domain/image-access.ts";
import { damagePolicy, identityPolicy, quarantinePolicy } from "#server/domain/imaging/index.ts";
import { noticePolicy } from "#server/domain/notices/index.ts";
import { orderPolicy } from "#server/domain/ordering/index.ts";
import { readerPolicy } from "#server/domain/readers/index.ts";
import { casePolicy } from "#server/domain/reading/index.ts";
import { discrepancyPolicy, referralPolicy } from "#server/domain/reporting/index.ts";
import { serviceLevelPolicy } from "#server/domain/service-level/index.ts";
import { tenancyPolicy } from "#server/domain/tenancy/index.ts";

/**
 * What the caller may do anywhere at all, by the policies that the verbs ask: which pages are open, which acts a page offers. Whether it may
 * be done to one row is said with the row.
 */
export function abilitiesOf(actor: UserActor) {
  return {
    worklist: casePolicy.can(actor, "case.list", null),
    /** Open a case with its images. */
    cases: casePolicy.can(actor, "case.read", null) && opensImages(actor),
    hold: casePolicy.can(actor, "case.hold", null),
    sign: casePolicy.can(actor, "case.sign", null),
    techCheck: casePolicy.can(actor, "case.tech-check", null),
    orders: orderPolicy.can(actor, "order.list", null),
    rules: rulesPolicy.can(actor, "rules.read", null),
    readers: readerPolicy.can(actor, "reader.manage", null),
    /** What one's group keeps of oneself. */
    ownReader: readerPolicy.can(actor, "reader.own", null),
    discrepancies: discrepancyPolicy.can(actor, "discrepancy.list", null),
    /** Of everybody in one's group, and what was done about each. */
    allDiscrepancies: discrepancyPolicy.can(actor, "discrepancy.list-all", null),
    ladder: escalationPolicy.can(actor, "ladder.read", null),
    board: rulesPolicy.can(actor, "board.read", null),
    referrals: referralPolicy.can(actor, "referral.list", null),
    edges: edgePolicy.can(actor, "edge.manage", null),
    facilities: tenancyPolicy.can(actor, "facility.manage", null),
    serviceLevels: serviceLevelPolicy.can(actor, "service-level.read", null),
    users: tenancyPolicy.can(actor, "user.manage", null),
    setAside: quarantinePolicy.can(actor, "quarantine.resolve", null),
    damaged: damagePolicy.can(actor, "damage.list", null),
    identity: identityPolicy.can(actor, "identity.clear", null),
    audit: auditPolicy.can(actor, "audit.search", null),
    webhook: noticePolicy.can(actor, "webhook.manage", null),
    platform: tenancyPolicy.can(actor, "platform.watch", null),
  };
}
export type Abilities = ReturnType<typeof abilitiesOf>;
