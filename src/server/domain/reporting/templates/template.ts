/**
 * A report template. Prompts name what to look at and state nothing about it: a finding is in a report only because a
 * reader wrote it. Templates say nothing about technique either: that comes from the study (index.ts). Templates marked
 * `normal` do state findings; a reader has to choose them.
 */
export type Template = {
  id: string;
  title: string;
  /** DICOM modality codes (PS3.3 C.7.3.1.1.1) it is for; empty: any. */
  modality: readonly string[];
  /** Regions of reading/body-regions.ts it is for; empty: any. */
  bodyPart: readonly string[];
  normal?: boolean;
  findings: string;
  impression?: string;
};

/** Prompts, one a line, for the reader to complete. */
export const prompts = (...labels: string[]): string => labels.map((label) => `${label}: `).join("\n");
