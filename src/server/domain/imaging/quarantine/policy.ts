import { makePolicy } from "../../authorize.ts";

/**
 * Who decides about images that came again under a known UID with other content. Site administrators open no images
 * (`domain/image-access.ts`); these few they must look into, since which one is right is the site's to say.
 */
export const quarantinePolicy = makePolicy(
  { "quarantine.resolve": { people: [["site_admin", "hospital"]] } },
  { see: ["quarantine.resolve"], notFound: "instance.not-found" },
);
