/** Body regions as worklist, subspecialties, rules and hanging protocols name them; what they are called by in studies is for the server. */
export const bodyRegions = [
  "head",
  "neck",
  "chest",
  "breast",
  "abdomen",
  "pelvis",
  "spine",
  "upper limb",
  "lower limb",
  "whole body",
] as const;
export type BodyRegion = (typeof bodyRegions)[number];
