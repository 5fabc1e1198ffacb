import { z } from "zod";
import { acceptInvitation, findInvitation } from "#server/auth/accept-invitation.ts";
import { NewPassword } from "#server/auth/new-password.ts";
import {
  CreateUser,
  createUser,
  deactivateUser,
  inviteUser,
  listUsers,
  makeResetLink,
} from "#server/domain/tenancy/index.ts";
import { provenProcedure, publicProcedure, router, tenantProcedure } from "../procedure.ts";

const token = z.string().regex(/^[\w-]{43}$/);

/** The accounts of the caller's organisation. */
export const userRouter = router({
  list: tenantProcedure.query(({ ctx }) => listUsers(ctx)),
  /** Returns the secret part of an invitation link, once, to be passed on: the person sets the password. */
  create: tenantProcedure.input(CreateUser).mutation(async ({ ctx, input }) => {
    const { userId } = await createUser(ctx, input);
    return { userId, invitation: await inviteUser(ctx, { userId }) };
  }),
  /** A new invitation for an account without a password; earlier ones end. */
  invite: tenantProcedure.input(z.object({ userId: z.uuid() })).mutation(({ ctx, input }) => inviteUser(ctx, input)),
  /**
   * A reset link for a forgotten password, shown once. Requires the administrator's own password, so that an unattended
   * screen does not open a colleague's account.
   */
  resetLink: provenProcedure
    .input(z.object({ userId: z.uuid() }))
    .mutation(({ ctx, input: { userId } }) => makeResetLink(ctx, { userId, address: ctx.address })),
  /** The account of a link; by POST, so that the secret is in no URL. */
  invitation: publicProcedure.input(z.object({ token })).mutation(async ({ input }) => {
    const { email, displayName, orgName, resets, secondFactor } = await findInvitation(input.token);
    return { email, displayName, orgName, resets, secondFactor };
  }),
  acceptInvitation: publicProcedure
    .input(z.object({ token, password: NewPassword, totp: z.string().max(40).optional() }))
    .mutation(({ ctx: { address }, input: { token, password, totp } }) =>
      acceptInvitation(token, password, { address, totp }),
    ),
  deactivate: tenantProcedure
    .input(z.object({ userId: z.uuid() }))
    .mutation(({ ctx, input }) => deactivateUser(ctx, input)),
});
