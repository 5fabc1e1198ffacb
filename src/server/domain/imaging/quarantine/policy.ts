import { makePolicy } from "../../authorize.ts";

/**
 * Who decides about images that arrived again under a known UID with other content. Site administrators open no images
 * otherwise (`domain/image-access.ts`); these few they must see, since the site decides which one is right.
 */
export const quarantinePolicy = makePolicy(
  { "quarantine.resolve": { people: [["site_admin", "hospital"]] } },
  { see: ["quarantine.resolve"], notFound: "instance.not-found" },
);
