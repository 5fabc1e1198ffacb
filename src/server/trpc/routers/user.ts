import { randomBytes } from "node:crypto";
import { z } from "zod";
import { hashPassword, NewPassword } from "#server/auth/password.ts";
import { CreateUser, createUser, deactivateUser, listUsers } from "#server/domain/tenancy/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** The accounts of the caller's organisation. */
export const userRouter = router({
  list: tenantProcedure.query(({ ctx }) => listUsers(ctx)),
  /** Answers with the first password, once, to be handed over; the administrator may also choose it. */
  create: tenantProcedure
    .input(CreateUser.extend({ password: NewPassword.optional() }))
    .mutation(async ({ ctx, input: { password, ...account } }) => {
      const temporaryPassword = password ?? randomBytes(12).toString("base64url");
      const { userId } = await createUser(ctx, { ...account, passwordHash: await hashPassword(temporaryPassword) });
      return { userId, temporaryPassword };
    }),
  deactivate: tenantProcedure
    .input(z.object({ userId: z.uuid() }))
    .mutation(({ ctx, input }) => deactivateUser(ctx, input)),
});
