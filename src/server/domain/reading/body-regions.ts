import type { BodyRegion } from "@overread/shared/body-regions";

/**
 * Body regions used by the worklist, and the terms that departments use for them (Body Part Examined, PS3.16 Annex L,
 * and descriptions).
 */
const vocabulary: readonly (readonly [region: BodyRegion, words: RegExp])[] = [
  ["head", /\b(head|brain|skull|cranial|cranium|neuro|cerebr\w*|kopf|schädel|orbit\w*|sella|iac|temporal bone)\b/i],
  ["neck", /\b(neck|cervical|cspine|c-spine|larynx|thyroid|carotid\w*)\b/i],
  ["chest", /\b(chest|thorax|lung\w*|thoracic|pulmonary|ctpa|rib\w*|cardiac|heart|cxr)\b/i],
  ["breast", /\b(breast\w*|mamm\w*)\b/i],
  ["abdomen", /\b(abdom\w*|liver|hepat\w*|kidney\w*|renal|pancreas|spleen|bowel|colon|kub|gallbladder|biliary)\b/i],
  ["pelvis", /\b(pelvi\w*|bladder|prostate|uterus|ovar\w*|rectum|hip\w*)\b/i],
  ["spine", /\b(\w*spine|spinal|lumbar|lspine|tspine|sacr\w*|vertebra\w*)\b/i],
  ["upper limb", /\b(shoulder|arm|humerus|elbow|forearm|wrist|hand|finger|clavicle|scapula|extremity upper)\b/i],
  ["lower limb", /\b(leg|femur|knee|tibia|fibula|ankle|foot|toe|calcaneus|extremity lower)\b/i],
  ["whole body", /\b(whole ?body)\b/i],
];
export const bodyRegions: readonly string[] = vocabulary.map(([region]) => region);
/** Regions that commonly appear in each other's images. */
const neighbours: readonly (readonly [string, string])[] = [
  ["head", "neck"],
  ["neck", "chest"],
  ["chest", "abdomen"],
  ["abdomen", "pelvis"],
  ["chest", "breast"],
  ["pelvis", "lower limb"],
  ["chest", "upper limb"],
];

/** The regions a study shows, by coded body part and by description; empty when neither tells. */
export function regionsOf(bodyParts: readonly string[], description: string): string[] {
  // Coded values join words or use underscores: ABDOMENPELVIS, C_SPINE.
  const coded = bodyParts
    .join(" ")
    .replace(/_/g, " ")
    .replace(/abdomenpelvis/gi, "abdomen pelvis")
    .replace(/headneck/gi, "head neck");
  const text = `${coded} ${description.replace(/[_/+,.&-]/g, " ")}`;
  return vocabulary.filter(([, words]) => words.test(text)).map(([region]) => region);
}

export function areNeighbours(a: string, b: string): boolean {
  return neighbours.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
}

/** `left`, `right`, or undefined when it is neither or both. */
export function sideOf(description: string): "left" | "right" | undefined {
  const text = description.replace(/[_/+,.&-]/g, " ");
  const left = /\b(left|lt|links|l)\b/i.test(text);
  const right = /\b(right|rt|rechts|r)\b/i.test(text);
  return left === right ? undefined : left ? "left" : "right";
}
