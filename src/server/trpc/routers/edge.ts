import { z } from "zod";
import { config } from "#server/config.ts";
import { issueEnrollmentCode, listEdges, revokeEdge } from "#server/domain/edge/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** Edge routers, as a site administrator sees them. */
export const edgeRouter = router({
  list: tenantProcedure.query(({ ctx }) => listEdges(ctx)),
  issueCode: tenantProcedure.input(z.object({ facilitySlug: z.string().max(100) })).mutation(async ({ ctx, input }) => {
    const { code, expiresAt } = await issueEnrollmentCode(ctx, input);
    const command = `npm run edge -- enroll --portal ${config().http.publicUrl} --code ${code}`;
    return { code, expiresAt, command };
  }),
  revoke: tenantProcedure.input(z.object({ edgeId: z.uuid() })).mutation(({ ctx, input }) => revokeEdge(ctx, input)),
});
