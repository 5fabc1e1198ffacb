import { z } from "zod";
import {
  beginSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  secondFactorOf,
} from "#server/auth/second-factor.ts";
import { unsavedTextKey } from "#server/auth/unsaved-text-key.ts";
import { config } from "#server/config.ts";
import { auditPolicy } from "#server/domain/audit/index.ts";
import { edgePolicy } from "#server/domain/edge/index.ts";
import { casePolicy } from "#server/domain/reading/index.ts";
import { referralPolicy } from "#server/domain/reporting/index.ts";
import {
  changePassword,
  endOwnSessions,
  listOwnSessions,
  ownAccount,
  signOutEverywhere,
  tenancyPolicy,
} from "#server/domain/tenancy/index.ts";
import { newPasswordProcedure, provenProcedure, router, tenantProcedure } from "../procedure.ts";

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
  /** Where the caller's account is signed in. */
  list: tenantProcedure.query(({ ctx }) => listOwnSessions(ctx, config().session)),
  end: tenantProcedure
    .input(z.object({ sessionId: z.uuid() }))
    .mutation(async ({ ctx, input }) => ({ sessions: await endOwnSessions(ctx, input) })),
  endOthers: tenantProcedure.mutation(async ({ ctx }) => ({ sessions: await endOwnSessions(ctx, "others") })),
  /** `password` is the present one. Other sessions end. */
  changePassword: newPasswordProcedure.mutation(({ ctx }) => changePassword(ctx, { passwordHash: ctx.passwordHash })),
  /** What the caller's unsaved words are encrypted with in the browser. */
  unsavedWordsKey: tenantProcedure.query(({ ctx }) => ({ key: unsavedTextKey(ctx.actor.userId) })),
  /** The caller's authenticator app. */
  secondFactor: router({
    get: tenantProcedure.query(({ ctx }) => secondFactorOf(ctx.actor.userId)),
    begin: provenProcedure.mutation(({ ctx }) => beginSecondFactor(ctx.actor)),
    confirm: tenantProcedure
      .input(z.object({ code: z.string().max(40) }))
      .mutation(({ ctx, input }) => confirmSecondFactor(ctx.actor, input.code)),
    remove: provenProcedure.mutation(({ ctx }) => removeSecondFactor(ctx.actor)),
  }),
});
