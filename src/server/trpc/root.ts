import { router } from "./procedure.ts";
import { assignmentRouter } from "./routers/assignment.ts";
import { auditRouter } from "./routers/audit.ts";
import { boardRouter } from "./routers/board.ts";
import { damageRouter } from "./routers/damage.ts";
import { discrepancyRouter } from "./routers/discrepancy.ts";
import { edgeRouter } from "./routers/edge.ts";
import { escalationRouter } from "./routers/escalation.ts";
import { facilityRouter } from "./routers/facility.ts";
import { hangingRouter } from "./routers/hanging.ts";
import { identityRouter } from "./routers/identity.ts";
import { listRouter } from "./routers/list.ts";
import { noticeRouter } from "./routers/notice.ts";
import { orderRouter } from "./routers/order.ts";
import { quarantineRouter } from "./routers/quarantine.ts";
import { readersRouter } from "./routers/readers.ts";
import { referralRouter } from "./routers/referral.ts";
import { reportRouter } from "./routers/report.ts";
import { rulesRouter } from "./routers/rules.ts";
import { serviceLevelRouter } from "./routers/service-level.ts";
import { sessionRouter } from "./routers/session.ts";
import { studyRouter } from "./routers/study.ts";
import { techCheckRouter } from "./routers/tech-check.ts";
import { userRouter } from "./routers/user.ts";
import { worklistRouter } from "./routers/worklist.ts";

/** All procedures of the portal. A new one needs a line in tests/access/lines.ts, or the build fails. */
export const appRouter = router({
  worklist: worklistRouter,
  list: listRouter,
  assignment: assignmentRouter,
  techCheck: techCheckRouter,
  order: orderRouter,
  study: studyRouter,
  hanging: hangingRouter,
  report: reportRouter,
  discrepancy: discrepancyRouter,
  referral: referralRouter,
  rules: rulesRouter,
  readers: readersRouter,
  board: boardRouter,
  identity: identityRouter,
  damage: damageRouter,
  quarantine: quarantineRouter,
  audit: auditRouter,
  edge: edgeRouter,
  facility: facilityRouter,
  serviceLevel: serviceLevelRouter,
  user: userRouter,
  session: sessionRouter,
  notice: noticeRouter,
  escalation: escalationRouter,
});
export type AppRouter = typeof appRouter;
