import { makePolicy } from "../../authorize.ts";

/** Who is told which images are damaged: those who can have them sent again. They open no image here. */
export const damagePolicy = makePolicy(
  { "damage.list": { people: [["site_admin", "hospital"]] } },
  { see: ["damage.list"], notFound: "instance.not-found" },
);
