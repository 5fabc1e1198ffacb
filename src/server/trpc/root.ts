import { router } from "./procedure.ts";
import { studyRouter } from "./routers/study.ts";
import { worklistRouter } from "./routers/worklist.ts";

/** Every procedure of the portal. A new one needs a line in tests/integration/access-matrix.test.ts, or the build fails. */
export const appRouter = router({ worklist: worklistRouter, study: studyRouter });
export type AppRouter = typeof appRouter;
