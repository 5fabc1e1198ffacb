import { authorshipKey } from "./authorship.ts";
import { doubleReadingKey } from "./double-reading.ts";
import { examinationsKey } from "./examinations.ts";
import { finalByAuthorKey } from "./finalising.ts";
import { missingImagesKey } from "./missing-images.ts";
import { patientInDoubtKey } from "./patient-in-doubt.ts";

/** Keys of the sections that the product adds to a report when it is signed. */
export const productSectionKeys = [
  examinationsKey,
  patientInDoubtKey,
  missingImagesKey,
  authorshipKey,
  finalByAuthorKey,
  doubleReadingKey,
];

/**
 * Whether a section is written by the product, or is an addendum: its text must not be taken for a reader's own
 * statement.
 */
export const isProductSection = (key: string): boolean =>
  productSectionKeys.includes(key) || /^(identity-)?addendum(-|$)/.test(key);
