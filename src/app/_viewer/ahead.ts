/** The study that is fetched before anybody has opened it; at most one. Its requests say so, for the audit trail. */
let expected: string | null = null;

/** @param study `dicomwebRoot` and UID of the study; null: none any more. */
export function expectStudy(study: { dicomwebRoot: string; studyInstanceUid: string } | null): void {
  expected = study && `${study.dicomwebRoot}/studies/${study.studyInstanceUid}/`;
}

/** @param path of a request, with or without origin. @returns headers for it. */
export const aheadHeaders = (path: string): Record<string, string> =>
  expected !== null && path.includes(expected) ? { "Overread-Ahead": "1" } : {};
