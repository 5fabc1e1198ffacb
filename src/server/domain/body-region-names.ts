/** Body regions as worklist, subspecialties and rules name them; what they are called by in studies is for reading/body-regions.ts. */
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
