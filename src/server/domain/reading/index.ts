export { AcceptPrior, acceptPrior } from "./accept-prior.ts";
export { applyOrders } from "./apply-orders.ts";
export { arriveCase, arriveCases } from "./arrive-case.ts";
export { answerQuestion, askSite } from "./ask-site.ts";
export { attachPriors, attachPriorsToMany } from "./attach-priors.ts";
export { bodyRegions, regionsOf } from "./body-regions.ts";
export { caseClocks } from "./case-clock.ts";
export {
  claimable as claimableCase,
  claimRuns,
  complete as completeCase,
  free as freeCase,
  givenTo as givenToReader,
  isClaimable,
  isGivenTo,
  isHeldBy,
  isHeldByAnother,
  isOpen,
  isSigned,
  open as isOpenCase,
  personOf,
  reservationRuns,
  signed,
} from "./case-conditions.ts";
export { isStillHandedOn, lastHandover, noteHandover, takeBackHandover } from "./case-handovers.ts";
export { acquiredModalities, type CaseRow } from "./case-rows.ts";
export { casesOnView, countViews } from "./case-views.ts";
export { claimCase } from "./claim-case.ts";
export { decidePriority, undoPriority } from "./decide-priority.ts";
export { expireClaim } from "./expire-claim.ts";
export { comparablePriors, findCase, getCase, ordersOf, readCaseRow } from "./get-case.ts";
export { type Gift, giveCases, noteDeclined } from "./give-case.ts";
export { type HeldCase, holdClaim } from "./hold-claim.ts";
export { doubtsByStudy, doubtsOf, type IdentityFacts, identityColumns } from "./identity-in-doubt.ts";
export {
  AnswerQuestion,
  AskSite,
  CancelCase,
  DecidePriority,
  HoldCase,
  ListCases,
  OfCase,
  OfClaim,
  ReadAlone,
  ReadIncomplete,
  ReleaseClaim,
  ReserveCases,
  SkipCase,
  UndoPriority,
  Unreserve,
} from "./inputs.ts";
export { noteLateImages, requireLateImagesSeen, SeeLateImages, seeLateImages } from "./late-images.ts";
export { listCases, listMoreCases } from "./list-cases.ts";
export { lookAhead } from "./look-ahead.ts";
export { casesWithLapsedClaim, casesWithoutPlan } from "./lost-jobs.ts";
export { moveCase } from "./move-case.ts";
export { nextCase } from "./next-case.ts";
export { openCase } from "./open-case.ts";
export { openStudy } from "./open-study.ts";
export { cancelCase, holdCase, reinstateCase, resumeCase } from "./pause-case.ts";
export { casePolicy } from "./policy.ts";
export { prioritizeCase, prioritizeCases } from "./prioritize-case.ts";
export { type PriorWhenSigned, priorsWhenSigned } from "./priors-when-signed.ts";
export { readIncomplete, requireComplete } from "./read-incomplete.ts";
export {
  bindCases,
  lockCases,
  type ReadTogether,
  readAlone,
  readTogether,
  requireBindable,
  requireStillTogether,
} from "./read-together.ts";
export { releaseClaim } from "./release-claim.ts";
export { remindSites, sitesThatOwe } from "./remind-site.ts";
export { renewClaim } from "./renew-claim.ts";
export {
  keepReserved,
  leaveReserved,
  reservableCases,
  reserveCases,
  reservedCases,
  unreserveCases,
} from "./reserve-cases.ts";
export { offerPriors } from "./seek-priors.ts";
export type * from "./shapes.ts";
export { historyOf } from "./site-notes.ts";
export { skipCase } from "./skip-case.ts";
export { seriesOf } from "./study-series.ts";
export {
  completeCheck,
  noteDocument,
  openCheck,
  SaveHistory,
  saveHistory,
  studyForDocument,
  undoCheck,
} from "./tech-check.ts";
