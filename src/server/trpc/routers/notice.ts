import { acknowledge } from "#server/domain/escalation/index.ts";
import {
  forgetMail,
  forgetWebhook,
  listNotices,
  MailCode,
  OfNotice,
  ownMail,
  readWebhook,
  SaveMail,
  SaveWebhook,
  saveMail,
  saveWebhook,
  verifyMail,
} from "#server/domain/notices/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** What the caller is told. Everybody has an inbox of their own, and nobody sees another's. */
export const noticeRouter = router({
  list: tenantProcedure.query(({ ctx }) => listNotices(ctx)),
  acknowledge: tenantProcedure.input(OfNotice).mutation(({ ctx, input }) => acknowledge(ctx, input)),
  /** Where the caller is told by mail. */
  mail: router({
    get: tenantProcedure.query(({ ctx }) => ownMail(ctx)),
    save: tenantProcedure.input(SaveMail).mutation(({ ctx, input }) => saveMail(ctx, input)),
    verify: tenantProcedure.input(MailCode).mutation(({ ctx, input }) => verifyMail(ctx, input)),
    forget: tenantProcedure.mutation(({ ctx }) => forgetMail(ctx)),
  }),
  /** Where the systems of the caller's organisation are told. */
  webhook: router({
    get: tenantProcedure.query(({ ctx }) => readWebhook(ctx)),
    save: tenantProcedure.input(SaveWebhook).mutation(({ ctx, input }) => saveWebhook(ctx, input)),
    forget: tenantProcedure.mutation(({ ctx }) => forgetWebhook(ctx)),
  }),
});
