import { makePolicy } from "../authorize.ts";

/** Who may do what to what a group keeps of its readers. The only file in this module that names roles. */
export const readerPolicy = makePolicy(
  {
    /** See and change all of it. */
    "reader.manage": { people: [["worklist_manager", "organization"]] },
    /** See one's own, and swap one's own shifts; a credential is not for its holder to enter. */
    "reader.own": { people: [["radiologist", "organization"]] },
    "reader.remind": { people: [], machines: ["system"] },
  },
  { see: ["reader.manage"], notFound: "user.not-found" },
);
