import { makePolicy } from "../authorize.ts";

/**
 * Who may do what to reports. Drafts are visible to the reading group only: a hospital sees signed reports. The only
 * file in this module that names roles.
 */
export const reportPolicy = makePolicy(
  {
    "report.read": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
        ["technologist", "hospital"],
        ["referring_physician", "referrer"],
      ],
    },
    "report.read-draft": { people: [["radiologist", "reader"]] },
    // What readers think of each other's reports stays in the group.
    "report.read-scores": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
      ],
    },
    "report.read-markup": { people: [["radiologist", "reader"]] },
    "report.save-markup": { people: [["radiologist", "reader"]] },
    "report.save-draft": { people: [["radiologist", "reader"]] },
    "report.take-over-draft": { people: [["radiologist", "reader"]] },
    "report.sign-preliminary": { people: [["radiologist", "reader"]] },
    "report.sign": { people: [["radiologist", "reader"]] },
    "report.addendum": { people: [["radiologist", "reader"]] },
    "report.store-documents": { people: [], machines: ["system"] },
  },
  { see: ["report.read"], notFound: "case.not-found" },
);

/** Over-reads that differ: each reader's own, first or second, are his to see; the lead sees his group's. */
export const discrepancyPolicy = makePolicy(
  {
    "discrepancy.list": {
      people: [
        ["radiologist", "reader"],
        ["worklist_manager", "reader"],
      ],
    },
    "discrepancy.list-all": { people: [["worklist_manager", "reader"]] },
    "discrepancy.acknowledge": { people: [["radiologist", "reader"]] },
    "discrepancy.close": { people: [["worklist_manager", "reader"]] },
  },
  { see: ["discrepancy.list"], notFound: "report.not-found" },
);

export const referralPolicy = makePolicy(
  {
    "referral.list": { people: [["referring_physician", "referrer"]] },
    "referral.read": { people: [["referring_physician", "referrer"]] },
  },
  { see: ["referral.read"], notFound: "study.not-found" },
);
