import { makePolicy } from "../authorize.ts";

/**
 * Who may do what to a case. The only file in this module that names roles. Who may open images is decided in
 * `domain/image-access.ts` instead, for all modules alike.
 */
export const casePolicy = makePolicy(
  {
    "case.list": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    "case.read": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    "case.read-prior-report": { people: [["radiologist", "reader"]] },
    "case.accept-prior": { people: [["radiologist", "reader"]] },
    "case.see-late-images": { people: [["radiologist", "reader"]] },
    "case.claim": { people: [["radiologist", "reader"]] },
    "case.raise-priority": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    "case.lower-priority": { people: [["worklist_manager", "reader"]] },
    "case.reserve": { people: [["radiologist", "reader"]] },
    "case.decline": { people: [["radiologist", "reader"]] },
    "case.hand-over": { people: [["radiologist", "reader"]] },
    "case.assign": { people: [["worklist_manager", "reader"]] },
    "case.skip": { people: [["radiologist", "reader"]] },
    "case.release-own": { people: [["radiologist", "reader"]] },
    "case.release-others": { people: [["worklist_manager", "reader"]] },
    // Readers and worklist managers put a case on hold; either organisation may resume it.
    "case.hold": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
      ],
    },
    "case.resume": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    "case.cancel": {
      people: [
        ["worklist_manager", "reader"],
        ["site_admin", "hospital"],
      ],
    },
    "case.reinstate": {
      people: [
        ["worklist_manager", "reader"],
        ["site_admin", "hospital"],
      ],
    },
    // Readers and worklist managers decide that incomplete images are enough.
    "case.read-incomplete": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
      ],
    },
    "case.sign": { people: [["radiologist", "reader"]] },
    // The reader asks, the site answers; both read what was said with the case.
    "case.ask": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
      ],
    },
    "case.answer": {
      people: [
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    "case.tech-check": {
      people: [
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    "case.remind-site": { people: [], machines: ["system"] },
    // What the archive does when images arrive, whoever sends them: an edge router, an integration, a person uploading.
    "case.open": { people: [["technologist", "hospital"]], machines: ["system", "dicomweb:write"] },
    "case.arrive": { people: [["technologist", "hospital"]], machines: ["system", "dicomweb:write"] },
    "case.prioritize": { people: [], machines: ["system"] },
    "case.attach-priors": { people: [], machines: ["system"] },
    "case.expire": { people: [], machines: ["system"] },
  },
  { see: ["case.read"], notFound: "case.not-found" },
);
export type CaseAction = keyof typeof casePolicy.table;
