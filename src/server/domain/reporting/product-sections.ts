import { authorshipKey } from "./authorship.ts";
import { missingImagesKey } from "./missing-images.ts";
import { patientInDoubtKey } from "./patient-in-doubt.ts";

/** Keys of the sections that the product itself puts into a report when it is signed. */
export const productSectionKeys = [patientInDoubtKey, missingImagesKey, authorshipKey];

/** Whether a section is the product's to write, or an addendum: what stands there is believed to be no reader's own statement. */
export const isProductSection = (key: string): boolean =>
  productSectionKeys.includes(key) || /^(identity-)?addendum(-|$)/.test(key);
