import { randomUUID } from "node:crypto";
import { Role } from "#server/db/generated/enums.ts";

/** The access matrix as tables: every procedure and every DICOMweb route has a line here, or the build fails. */

export const roles = Object.values(Role);
/** One tenant's test data, by the ids a caller would need. */
export type Things = {
  orgSlug: string;
  facilitySlug: string;
  facilityId: string;
  contractId: string;
  edgeId: string;
  userId: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  studyId: string;
  /** Claimed by its group's radiologist, with a draft. */
  caseId: string;
  signedCaseId: string;
  signedStudyId: string;
  /** Open, joined to the study of the case. */
  orderId: string;
  /** Of the reader of `userId`: on file, every week, once, asked of a colleague; and a group of readers. */
  licenceId: string;
  shiftId: string;
  changeId: string;
  swapId: string;
  groupId: string;
  protocolId: string;
  reportVersionId: string;
  /** Differs from a report of the reader of `userId`. */
  overReadId: string;
  /** A version that was set aside. */
  quarantinedId: string;
  /** A list of cases for everybody of the organisation. */
  listId: string;
};

type Line = {
  /** The call that reaches for these things; null: the procedure takes no id of anything. */
  reach: ((things: Things) => unknown) | null;
  /** A call with ids of these data; null: the procedure takes no id. */
  may: Role[];
};
export const staff: Role[] = ["radiologist", "worklist_manager", "technologist", "site_admin"];
const password = "irrelevant here";
const hangingProtocol = {
  name: "Mine now",
  modalities: ["CT"],
  regions: [],
  stages: [{ name: "One", rows: 1, columns: 1, places: [{ study: 0, wants: [] }], fewest: 1 }],
};
/** An assignment rule that speaks of a facility. */
const rule = (facilityId: string) => ({
  id: "rule-1",
  when: [{ field: "facility", op: "any-of", values: [facilityId] }],
  readers: { readerIds: [], groupIds: [] },
  schedule: null,
  subspecialty: "preferred",
  caps: { openCases: null, openWorkUnits: null },
  mode: { kind: "pool" },
  exclusive: false,
});
const terms = { holidays: [], lines: [], otherwise: { stat: 1, urgent: 2, routine: 3 } };
const sections = [{ key: "impression", title: "Impression", text: "Mine now." }];

export const procedures: Record<string, Line> = {
  "worklist.list": { reach: ({ facilityId }) => ({ filter: { facilityId } }), may: staff },
  "worklist.more": { reach: ({ facilityId }) => ({ filter: { facilityId } }), may: staff },
  "worklist.get": { reach: ({ caseId }) => ({ caseId }), may: staff },
  "worklist.next": { reach: null, may: ["radiologist"] },
  "worklist.ahead": { reach: null, may: ["radiologist"] },
  "worklist.claim": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "worklist.renew": { reach: ({ caseId }) => ({ caseId, claimToken: "1" }), may: ["radiologist"] },
  "worklist.readWith": {
    reach: ({ caseId, signedCaseId }) => ({ caseId, claimToken: "1", withIds: [signedCaseId] }),
    may: ["radiologist"],
  },
  "worklist.readAlone": { reach: ({ caseId }) => ({ caseId, claimToken: "1" }), may: ["radiologist"] },
  "worklist.release": { reach: ({ caseId }) => ({ caseId, claimToken: "1" }), may: ["radiologist"] },
  "worklist.hold": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, reason: "Mine now." }),
    may: ["radiologist", "worklist_manager"],
  },
  "worklist.ask": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, text: "Mine now.", stopsClock: false }),
    may: ["radiologist", "worklist_manager"],
  },
  "worklist.answer": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, text: "Mine now." }),
    may: ["technologist", "site_admin"],
  },
  "worklist.decidePriority": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, priority: "stat", reason: "Mine now." }),
    may: staff,
  },
  "worklist.undoPriority": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId }),
    may: staff,
  },
  "techCheck.open": { reach: ({ caseId }) => ({ caseId }), may: ["technologist", "site_admin"] },
  "techCheck.complete": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId }),
    may: ["technologist", "site_admin"],
  },
  "techCheck.undo": { reach: ({ signedCaseId }) => ({ caseId: signedCaseId }), may: ["technologist", "site_admin"] },
  "techCheck.saveHistory": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, text: "Mine now." }),
    may: ["technologist", "site_admin"],
  },
  "worklist.reserve": { reach: null, may: ["radiologist"] },
  "worklist.reserved": { reach: null, may: ["radiologist"] },
  "worklist.keepReserved": { reach: null, may: ["radiologist"] },
  "worklist.leaveReserved": { reach: null, may: ["radiologist"] },
  "worklist.unreserve": { reach: ({ caseId }) => ({ caseId }), may: ["worklist_manager"] },
  "worklist.skip": {
    reach: ({ caseId }) => ({ caseId, reason: "Not one that I should read." }),
    may: ["radiologist"],
  },
  "worklist.resume": { reach: ({ signedCaseId }) => ({ caseId: signedCaseId }), may: staff },
  "worklist.cancel": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, reason: "Mine now." }),
    may: ["worklist_manager", "site_admin"],
  },
  "worklist.reinstate": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId }),
    may: ["worklist_manager", "site_admin"],
  },
  "assignment.mine": { reach: null, may: ["radiologist"] },
  "assignment.draw": { reach: null, may: ["radiologist"] },
  "assignment.accept": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "assignment.decline": { reach: ({ caseId }) => ({ caseId, reason: "Mine now." }), may: ["radiologist"] },
  "assignment.assign": {
    reach: ({ caseId, userId }) => ({ caseId, readerId: userId }),
    may: ["worklist_manager"],
  },
  "assignment.unassign": { reach: ({ caseId }) => ({ caseId }), may: ["worklist_manager"] },
  "assignment.colleagues": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "assignment.handOver": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", toId: null, note: "Mine now." }),
    may: ["radiologist"],
  },
  "assignment.takeBack": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "assignment.traceOf": { reach: ({ caseId }) => ({ caseId }), may: ["worklist_manager"] },
  "assignment.whyMe": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "order.list": { reach: null, may: ["technologist", "site_admin"] },
  "order.create": {
    reach: ({ facilitySlug }) => ({
      facilitySlug,
      patientId: "P1",
      patientName: "Made^Up",
      procedureDescription: "CT chest",
    }),
    may: ["technologist", "site_admin"],
  },
  "order.update": {
    reach: ({ orderId }) => ({ orderId, version: 1, reasonForExam: "Mine now." }),
    may: ["technologist", "site_admin"],
  },
  "order.part": {
    reach: ({ orderId, studyId }) => ({ orderId, studyId, reason: "Mine now." }),
    may: ["technologist", "site_admin"],
  },
  "order.join": {
    reach: ({ orderId, studyId }) => ({ orderId, studyId, reason: "Mine now." }),
    may: ["technologist", "site_admin"],
  },
  "order.cancel": {
    reach: ({ orderId }) => ({ orderId, reason: "Mine now." }),
    may: ["technologist", "site_admin"],
  },
  "readers.list": { reach: null, may: ["worklist_manager"] },
  "readers.get": { reach: ({ userId }) => ({ userId }), may: ["worklist_manager"] },
  "readers.own": { reach: null, may: ["radiologist"] },
  "readers.enforce": { reach: null, may: ["worklist_manager"] },
  "readers.saveProfile": {
    reach: ({ userId }) => ({
      userId,
      languages: ["de"],
      readTypes: ["final"],
      capOpenCases: 3,
      capShiftCases: null,
      capShiftWorkUnits: null,
      offRoster: true,
      subspecialties: [],
    }),
    may: ["worklist_manager"],
  },
  "readers.addLicence": {
    reach: ({ userId }) => ({ userId, jurisdiction: "DE-BY", number: "1" }),
    may: ["worklist_manager"],
  },
  "readers.checkLicence": {
    reach: ({ licenceId }) => ({ licenceId, outcome: "confirmed", source: "The register" }),
    may: ["worklist_manager"],
  },
  "readers.removeLicence": { reach: ({ licenceId }) => ({ licenceId }), may: ["worklist_manager"] },
  "readers.grantPrivilege": {
    reach: ({ userId, facilityId }) => ({ userId, facilityId, level: "report", lastDay: null }),
    may: ["worklist_manager"],
  },
  "readers.addShift": {
    reach: ({ userId }) => ({ userId, weekdays: [1], starts: "08:00", ends: "16:00", timeZone: "UTC" }),
    may: ["worklist_manager"],
  },
  "readers.removeShift": { reach: ({ shiftId }) => ({ shiftId }), may: ["worklist_manager"] },
  "readers.addChange": {
    reach: ({ userId }) => ({
      userId,
      kind: "absence",
      startsAt: "2099-01-01T08:00:00Z",
      endsAt: "2099-01-01T16:00:00Z",
    }),
    may: ["worklist_manager"],
  },
  "readers.removeChange": { reach: ({ changeId }) => ({ changeId }), may: ["worklist_manager"] },
  "readers.askSwap": {
    reach: ({ userId }) => ({ toUserId: userId, startsAt: "2099-01-01T08:00:00Z", endsAt: "2099-01-01T16:00:00Z" }),
    may: ["radiologist"],
  },
  // For the two readers of this very swap, whoever they are.
  "readers.answerSwap": { reach: ({ swapId }) => ({ swapId, agrees: true }), may: [] },
  "readers.withdrawSwap": { reach: ({ swapId }) => ({ swapId }), may: [] },
  "readers.saveGroup": {
    reach: ({ groupId, userId }) => ({ groupId, name: "Mine now", readerIds: [userId] }),
    may: ["worklist_manager"],
  },
  "readers.removeGroup": { reach: ({ groupId }) => ({ groupId }), may: ["worklist_manager"] },
  "readers.exportWorkUnits": { reach: null, may: ["worklist_manager"] },
  "readers.importWorkUnits": { reach: null, may: ["worklist_manager"] },
  "board.get": { reach: null, may: ["worklist_manager"] },
  "board.fairness": { reach: null, may: ["worklist_manager"] },
  "board.published": { reach: null, may: ["worklist_manager"] },
  "board.ownPublished": { reach: null, may: ["radiologist"] },
  "hanging.list": { reach: null, may: ["radiologist"] },
  // Of the group, shared: its owner changes it, and its lead may take it away.
  "hanging.save": {
    reach: ({ protocolId }) => ({ protocolId, version: 1, isShared: true, protocol: hangingProtocol }),
    may: [],
  },
  "hanging.remove": { reach: ({ protocolId }) => ({ protocolId }), may: ["worklist_manager"] },
  "hanging.restore": { reach: ({ protocolId }) => ({ protocolId }), may: ["worklist_manager"] },
  "hanging.order": { reach: ({ protocolId }) => ({ protocolIds: [protocolId] }), may: [] },
  "hanging.exportProfile": { reach: null, may: ["radiologist"] },
  "hanging.importProfile": { reach: null, may: ["radiologist"] },
  "hanging.importDicom": { reach: null, may: ["radiologist"] },
  "list.all": { reach: null, may: staff },
  "list.counts": { reach: null, may: staff },
  // The list is the hospital's, for everybody there; others than its owner change it where they may share.
  "list.save": {
    reach: ({ listId }) => ({
      listId,
      version: 1,
      name: "Mine now",
      audience: { of: "everybody" },
      pinned: true,
      view: { base: "all", filter: {}, sort: [], columns: [] },
    }),
    may: ["site_admin"],
  },
  "list.remove": { reach: ({ listId }) => ({ listId }), may: ["site_admin"] },
  "list.restore": { reach: ({ listId }) => ({ listId }), may: ["site_admin"] },
  "list.watch": { reach: ({ listId }) => ({ listId, on: true }), may: ["technologist", "site_admin"] },
  "rules.list": { reach: null, may: ["worklist_manager"] },
  // First, so that there is a version to read and to restore.
  "rules.save": {
    reach: ({ facilityId }) => ({ basedOn: 0, sheet: [{ name: "", on: true, rule: rule(facilityId) }] }),
    may: ["worklist_manager"],
  },
  "rules.read": { reach: () => ({ version: 1 }), may: ["worklist_manager"] },
  "rules.check": {
    reach: ({ facilityId }) => ({ sheet: [{ name: "", on: true, rule: rule(facilityId) }] }),
    may: ["worklist_manager"],
  },
  "rules.rehearse": {
    reach: ({ facilityId }) => ({ days: 7, sheet: [{ name: "", on: true, rule: rule(facilityId) }] }),
    may: ["worklist_manager"],
  },
  "rules.restore": { reach: () => ({ basedOn: 0, version: 1 }), may: ["worklist_manager"] },
  "study.acceptPrior": {
    reach: ({ caseId, signedStudyId }) => ({ caseId, studyId: signedStudyId }),
    may: ["radiologist"],
  },
  "study.seeLateImages": { reach: ({ caseId }) => ({ caseId, count: 9 }), may: ["radiologist"] },
  "identity.list": { reach: null, may: ["site_admin"] },
  "identity.clear": {
    reach: ({ studyId, signedStudyId }) => ({ studyId, otherStudyId: signedStudyId, reason: "Mine now." }),
    may: ["site_admin"],
  },
  "worklist.readIncomplete": {
    reach: ({ caseId }) => ({ caseId, refused: 1 }),
    may: ["radiologist", "worklist_manager"],
  },
  "study.open": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist", "technologist"] },
  "report.get": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId }),
    may: ["radiologist", "worklist_manager", "technologist", "referring_physician"],
  },
  "report.templates": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "report.saveDraft": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1, sections }),
    may: ["radiologist"],
  },
  "report.markup": { reach: ({ caseId }) => ({ caseId }), may: ["radiologist"] },
  "report.saveMarkup": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 0, markup: { measurements: [], presentations: [] } }),
    may: ["radiologist"],
  },
  "report.takeOverDraft": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1 }),
    may: ["radiologist"],
  },
  "report.startDraftAnew": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1 }),
    may: ["radiologist"],
  },
  "report.sign": { reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1, password }), may: ["radiologist"] },
  "report.signPreliminary": {
    reach: ({ caseId }) => ({ caseId, claimToken: "1", version: 1, password }),
    may: ["radiologist"],
  },
  "report.askArbiter": {
    reach: ({ caseId }) => ({
      caseId,
      claimToken: "1",
      overRead: { score: 4, significant: true, comment: "Mine now." },
    }),
    may: ["radiologist"],
  },
  "report.addendum": {
    reach: ({ signedCaseId }) => ({ caseId: signedCaseId, text: "Mine now.", password }),
    may: ["radiologist"],
  },
  "discrepancy.list": {
    reach: ({ facilityId, userId }) => ({ facilityId, readerId: userId }),
    may: ["radiologist", "worklist_manager"],
  },
  "discrepancy.export": {
    reach: ({ facilityId, userId }) => ({ facilityId, readerId: userId }),
    may: ["radiologist", "worklist_manager"],
  },
  // For the author of this very report, whoever that is.
  "discrepancy.acknowledge": { reach: ({ overReadId }) => ({ overReadId }), may: [] },
  "discrepancy.close": {
    reach: ({ overReadId }) => ({ overReadId, note: "Mine now.", siteToldAt: null }),
    may: ["worklist_manager"],
  },
  "referral.list": { reach: null, may: ["referring_physician"] },
  "referral.get": { reach: ({ signedStudyId }) => ({ studyId: signedStudyId }), may: ["referring_physician"] },
  "damage.list": { reach: null, may: ["site_admin"] },
  "quarantine.list": { reach: null, may: ["site_admin"] },
  "quarantine.resolve": {
    reach: ({ quarantinedId }) => ({ instanceId: quarantinedId, decision: "discard", reason: "Mine now." }),
    may: ["site_admin"],
  },
  "audit.search": { reach: ({ userId }) => ({ userId }), may: ["site_admin", "platform_operator"] },
  "edge.list": { reach: null, may: ["site_admin"] },
  "edge.issueCode": { reach: ({ facilitySlug }) => ({ facilitySlug }), may: ["site_admin"] },
  "edge.revoke": { reach: ({ edgeId }) => ({ edgeId }), may: ["site_admin"] },
  "serviceLevel.list": { reach: null, may: ["site_admin", "worklist_manager"] },
  "serviceLevel.save": {
    reach: ({ contractId }) => ({ contractId, basedOn: null, validFrom: null, terms }),
    may: ["site_admin"],
  },
  "serviceLevel.savePriorTerms": {
    reach: ({ contractId }) => ({ contractId, basedOn: null, lends: true, borrows: true }),
    may: ["site_admin"],
  },
  "serviceLevel.try": {
    reach: ({ contractId, facilityId }) => ({
      contractId,
      terms,
      facilityId,
      modality: "CT",
      priority: "stat",
      patientClass: "emergency",
      arrivesAt: "2026-12-24T23:00",
    }),
    may: ["site_admin", "worklist_manager"],
  },
  "facility.list": { reach: null, may: staff },
  "facility.update": { reach: ({ facilitySlug }) => ({ facilitySlug, quietSeconds: 77 }), may: ["site_admin"] },
  "user.list": { reach: null, may: ["site_admin"] },
  "user.create": {
    reach: ({ facilitySlug }) => ({
      email: `${randomUUID()}@made.example`,
      displayName: "Made",
      roles: ["technologist"],
      facilitySlugs: [facilitySlug],
    }),
    may: ["site_admin"],
  },
  "user.invite": { reach: ({ userId }) => ({ userId }), may: ["site_admin"] },
  "user.resetLink": { reach: ({ userId }) => ({ userId, password }), may: ["site_admin"] },
  // For who holds the link and no account: nobody's id gets anywhere.
  "user.invitation": { reach: () => ({ token: "x".repeat(43) }), may: [] },
  "user.acceptInvitation": { reach: () => ({ token: "x".repeat(43), password: "a wholly new passphrase" }), may: [] },
  "user.deactivate": { reach: ({ userId }) => ({ userId }), may: ["site_admin"] },
  "session.me": { reach: null, may: roles },
  "session.list": { reach: null, may: roles },
  // Another person's session is as one that is not there: none ends.
  "session.end": { reach: ({ userId }) => ({ sessionId: userId }), may: roles },
  "session.endOthers": { reach: null, may: roles },
  "session.unsavedWordsKey": { reach: null, may: roles },
  "session.secondFactor.get": { reach: null, may: roles },
  // What an account signs in with changes only with its password; whose it is comes from the session.
  "session.secondFactor.begin": { reach: () => ({ password }), may: [] },
  "session.secondFactor.confirm": { reach: () => ({ code: "000000" }), may: [] },
  "session.secondFactor.remove": { reach: () => ({ password }), may: [] },
  "escalation.ofCase": { reach: ({ caseId }) => ({ caseId }), may: staff },
  "escalation.ladder": { reach: null, may: ["worklist_manager"] },
  "escalation.tryLadder": { reach: () => ({ steps: [], minutes: 60 }), may: ["worklist_manager"] },
  "escalation.sent": { reach: () => ({ days: 7 }), may: ["worklist_manager"] },
  "escalation.saveLadder": { reach: () => ({ steps: [], version: 0 }), may: ["worklist_manager"] },
  "notice.list": { reach: null, may: roles },
  // Another's notice is as one that is not there: none is acknowledged.
  "notice.acknowledge": { reach: ({ userId }) => ({ noticeId: userId }), may: roles },
  "notice.ways": { reach: null, may: roles },
  "notice.mail.get": { reach: null, may: roles },
  "notice.mail.forget": { reach: null, may: roles },
  // The caller's own address and nothing else.
  "notice.mail.save": {
    reach: () => ({ address: "mine@made.example", quiet: null, timeZone: "UTC" }),
    may: roles,
  },
  "notice.mail.verify": { reach: () => ({ code: "000000" }), may: roles },
  "notice.push.get": { reach: null, may: roles },
  // The caller's own browser and nothing else.
  "notice.push.save": {
    reach: () => ({
      endpoint: "https://push.example.org/one",
      p256dh: "B".repeat(87),
      auth: "A".repeat(22),
      browser: "other",
      system: "other",
    }),
    may: roles,
  },
  // Another's browser is as one that is not there: none is forgotten.
  "notice.push.forget": { reach: ({ userId }) => ({ pushId: userId }), may: roles },
  "notice.webhook.get": { reach: null, may: ["site_admin", "worklist_manager"] },
  "notice.webhook.save": {
    reach: () => ({ url: "https://hooks.example.org/overread" }),
    may: ["site_admin", "worklist_manager"],
  },
  "notice.webhook.forget": { reach: null, may: ["site_admin", "worklist_manager"] },
  "session.signOutEverywhere": { reach: null, may: roles },
  // The caller's own password and nothing else: whose it is comes from the session.
  "session.changePassword": { reach: null, may: [] },
};
/** What these act on is the caller's own account, whoever it is; walking them would change who calls. */
export const onCallerAlone = new Set([
  "session.changePassword",
  "session.secondFactor.begin",
  "session.secondFactor.confirm",
  "session.secondFactor.remove",
  "user.acceptInvitation",
  // Has no argument that could name another organisation's; a second person of the same one meets the first one's version.
  "escalation.saveLadder",
  // A file, which names nobody; who may bring one is asked in hanging-protocols.test.ts.
  "hanging.importProfile",
  "hanging.importDicom",
]);
/** Lists narrowed by a foreign id answer with nothing; everything else that names one is refused. */
export const answersEmpty = new Set([
  "discrepancy.list",
  "discrepancy.export",
  "worklist.list",
  "rules.check",
  "rules.rehearse",
  "worklist.more",
  "audit.search",
  "session.end",
  "notice.acknowledge",
  // What they are given names nothing of anybody's: they answer with what is the caller's own group's.
  "escalation.tryLadder",
  "escalation.sent",
  // What they are given names nothing of anybody's: they act on the caller's own address, or on the settings of the caller's own organisation.
  "notice.mail.save",
  "notice.mail.verify",
  "notice.push.save",
  "notice.push.forget",
  "notice.webhook.save",
]);

/** Who opens images, and who adds some: one answer for the worklist's button, the procedure behind it and every DICOMweb route. */
export const openImages: Role[] = ["radiologist", "technologist", "referring_physician"];
export const addImages: Role[] = ["technologist"];

/** By name of the route: is a whole-organisation search (answers its own), or reaches for a study. */
export const routes: Record<string, "search" | "study" | "store"> = {
  store: "store",
  "store-study": "store",
  "search-studies": "search",
  "search-series": "search",
  "search-instances": "search",
  "search-study-series": "study",
  "search-study-instances": "study",
  "search-series-instances": "study",
  "retrieve-study": "study",
  "retrieve-series": "study",
  "retrieve-instance": "study",
  "metadata-study": "study",
  "metadata-series": "study",
  "metadata-instance": "study",
  frames: "study",
  bulkdata: "study",
  "rendered-instance": "study",
  "rendered-frame": "study",
  "thumbnail-study": "study",
  "thumbnail-series": "study",
  "thumbnail-instance": "study",
  "thumbnail-frame": "study",
};
