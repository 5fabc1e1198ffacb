import { makePolicy } from "../authorize.ts";

/** Who may do what about notices. Everybody's own inbox and own channels need no rule. */
export const noticePolicy = makePolicy(
  {
    "webhook.manage": {
      people: [
        ["site_admin", "organization"],
        ["worklist_manager", "organization"],
      ],
    },
    "notice.send": { people: [], machines: ["system"] },
  },
  { see: ["webhook.manage"], notFound: "auth.forbidden" },
);
