import { z } from "zod";
import { acceptInvitation, findInvitation } from "#server/auth/accept-invitation.ts";
import { NewPassword } from "#server/auth/new-password.ts";
import { CreateUser, createUser, deactivateUser, inviteUser, listUsers } from "#server/domain/tenancy/index.ts";
import { publicProcedure, router, tenantProcedure } from "../procedure.ts";

const token = z.string().regex(/^[\w-]{43}$/);

/** The accounts of the caller's organisation. */
export const userRouter = router({
  list: tenantProcedure.query(({ ctx }) => listUsers(ctx)),
  /** Answers with the secret part of an invitation link, once, to be passed on: the person sets the password. */
  create: tenantProcedure.input(CreateUser).mutation(async ({ ctx, input }) => {
    const { userId } = await createUser(ctx, input);
    return { userId, invitation: await inviteUser(ctx, { userId }) };
  }),
  /** A new link for who has not set a password yet; earlier ones stop working. */
  invite: tenantProcedure.input(z.object({ userId: z.uuid() })).mutation(({ ctx, input }) => inviteUser(ctx, input)),
  /** Whose link it is; by POST, so that it is in no address. */
  invitation: publicProcedure.input(z.object({ token })).mutation(async ({ input }) => {
    const { email, displayName, orgName } = await findInvitation(input.token);
    return { email, displayName, orgName };
  }),
  acceptInvitation: publicProcedure
    .input(z.object({ token, password: NewPassword }))
    .mutation(({ input }) => acceptInvitation(input.token, input.password)),
  deactivate: tenantProcedure
    .input(z.object({ userId: z.uuid() }))
    .mutation(({ ctx, input }) => deactivateUser(ctx, input)),
});
