import { makePolicy } from "../../authorize.ts";

/** Who is shown which images are damaged: those who can have them sent again. It gives no access to images. */
export const damagePolicy = makePolicy(
  { "damage.list": { people: [["site_admin", "hospital"]] } },
  { see: ["damage.list"], notFound: "instance.not-found" },
);
