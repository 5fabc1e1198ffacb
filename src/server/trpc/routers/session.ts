import { z } from "zod";
import {
  beginSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  secondFactorOf,
} from "#server/auth/second-factor.ts";
import { unsavedTextKey } from "#server/auth/unsaved-text-key.ts";
import { config } from "#server/config.ts";
import {
  changePassword,
  endOwnSessions,
  listOwnSessions,
  ownAccount,
  signOutEverywhere,
} from "#server/domain/tenancy/index.ts";
import { abilitiesOf } from "../abilities.ts";
import { newPasswordProcedure, provenProcedure, router, tenantProcedure } from "../procedure.ts";

/** The caller's own session. */
export const sessionRouter = router({
  /** The signed-in person, and the parts of the portal they may use, for navigation. */
  me: tenantProcedure.query(async ({ ctx }) => {
    const { actor } = ctx;
    return {
      ...(await ownAccount(ctx)),
      can: abilitiesOf(actor),
    };
  }),
  signOutEverywhere: tenantProcedure.mutation(({ ctx }) => signOutEverywhere(ctx)),
  /** The sessions of the caller's account. */
  list: tenantProcedure.query(({ ctx }) => listOwnSessions(ctx, config().session)),
  end: tenantProcedure
    .input(z.object({ sessionId: z.uuid() }))
    .mutation(async ({ ctx, input }) => ({ sessions: await endOwnSessions(ctx, input) })),
  endOthers: tenantProcedure.mutation(async ({ ctx }) => ({ sessions: await endOwnSessions(ctx, "others") })),
  /** `password` is the current one. Other sessions end. */
  changePassword: newPasswordProcedure.mutation(({ ctx }) => changePassword(ctx, { passwordHash: ctx.passwordHash })),
  /** The key that encrypts the caller's unsaved text in the browser. */
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
