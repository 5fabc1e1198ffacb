import { acknowledge } from "#server/domain/escalation/index.ts";
import {
  forgetMail,
  forgetPush,
  forgetWebhook,
  listNotices,
  MailCode,
  noticeWays,
  OfNotice,
  OfPush,
  ownMail,
  ownPush,
  readWebhook,
  SaveMail,
  SavePush,
  SaveWebhook,
  saveMail,
  savePush,
  saveWebhook,
  verifyMail,
} from "#server/domain/notices/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** What the caller is told. Everybody has an inbox of their own, and nobody sees another's. */
export const noticeRouter = router({
  list: tenantProcedure.query(({ ctx }) => listNotices(ctx)),
  acknowledge: tenantProcedure.input(OfNotice).mutation(({ ctx, input }) => acknowledge(ctx, input)),
  /** Which ways out there are here at all. */
  ways: tenantProcedure.query(() => noticeWays()),
  /** Where the caller is told by mail. */
  mail: router({
    get: tenantProcedure.query(({ ctx }) => ownMail(ctx)),
    save: tenantProcedure.input(SaveMail).mutation(({ ctx, input }) => saveMail(ctx, input)),
    verify: tenantProcedure.input(MailCode).mutation(({ ctx, input }) => verifyMail(ctx, input)),
    forget: tenantProcedure.mutation(({ ctx }) => forgetMail(ctx)),
  }),
  /** The browsers in which the caller is told. */
  push: router({
    get: tenantProcedure.query(({ ctx }) => ownPush(ctx)),
    save: tenantProcedure.input(SavePush).mutation(({ ctx, input }) => savePush(ctx, input)),
    forget: tenantProcedure.input(OfPush).mutation(({ ctx, input }) => forgetPush(ctx, input)),
  }),
  /** Where the systems of the caller's organisation are told. */
  webhook: router({
    get: tenantProcedure.query(({ ctx }) => readWebhook(ctx)),
    save: tenantProcedure.input(SaveWebhook).mutation(({ ctx, input }) => saveWebhook(ctx, input)),
    forget: tenantProcedure.mutation(({ ctx }) => forgetWebhook(ctx)),
  }),
});
