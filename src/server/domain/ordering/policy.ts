import { makePolicy } from "../authorize.ts";

/** Who may do what to an order. The only file in this module that names roles. */
export const orderPolicy = makePolicy(
  {
    "order.list": {
      people: [
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    "order.write": {
      people: [
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
    },
    // What happens by itself when a study is complete, whoever sends it.
    "order.match": {
      people: [
        ["technologist", "hospital"],
        ["site_admin", "hospital"],
      ],
      machines: ["system", "dicomweb:write"],
    },
  },
  { see: ["order.list"], notFound: "order.not-found" },
);
