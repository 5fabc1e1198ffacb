import { z } from "zod";
import { hashPassword, NewPassword } from "#server/auth/password.ts";
import { auditPolicy } from "#server/domain/audit/index.ts";
import { edgePolicy } from "#server/domain/edge/index.ts";
import { casePolicy } from "#server/domain/reading/index.ts";
import { referralPolicy } from "#server/domain/reporting/index.ts";
import { changePassword, ownAccount, signOutEverywhere, tenancyPolicy } from "#server/domain/tenancy/index.ts";
import { reauthenticatedProcedure, router, tenantProcedure } from "../procedure.ts";

/** The caller's own session. */
export const sessionRouter = router({
  /** Who is signed in, and which rooms of the portal are theirs: what the navigation shows. */
  me: tenantProcedure.query(async ({ ctx }) => {
    const { actor } = ctx;
    return {
      ...(await ownAccount(ctx)),
      can: {
        worklist: casePolicy.can(actor, "case.list", null),
        read: casePolicy.can(actor, "case.claim", null),
        sign: casePolicy.can(actor, "case.sign", null),
        referrals: referralPolicy.can(actor, "referral.list", null),
        audit: auditPolicy.can(actor, "audit.search", null),
        edges: edgePolicy.can(actor, "edge.manage", null),
        facilities: tenancyPolicy.can(actor, "facility.manage", null),
        users: tenancyPolicy.can(actor, "user.manage", null),
      },
    };
  }),
  signOutEverywhere: tenantProcedure.mutation(({ ctx }) => signOutEverywhere(ctx)),
  /** `password` is the present one. Other sessions end. */
  changePassword: reauthenticatedProcedure
    .input(z.object({ newPassword: NewPassword }))
    .mutation(async ({ ctx, input }) => changePassword(ctx, { passwordHash: await hashPassword(input.newPassword) })),
});
