/** What `/api/events` says: that something changed, never what. */
export type LiveNotice = { topic: string; caseId?: string; studyId?: string; edgeId?: string };

/** Which rooms' queries a topic makes stale. */
const rooms: Record<string, string[]> = {
  "case.changed": ["worklist", "study", "report", "referral"],
  "report.changed": ["report", "referral", "worklist"],
  "study.changed": ["worklist", "study"],
  "edge.changed": ["edge"],
};

/** A notice from the wire, or null for one that cannot be read (a newer server may say more than we know). */
export function parseNotice(text: string): LiveNotice | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!value || typeof value !== "object" || !("topic" in value) || typeof value.topic !== "string") return null;
    return value as LiveNotice;
  } catch {
    return null;
  }
}

/**
 * Whether a query has to be asked again after these notices. Lists of a room always; a query about one case or
 * study only when that one is named. Opening a study is an audited act, so it is not repeated because somebody
 * else's case moved.
 *
 * @param queryKey as tRPC builds it: `[["study", "open"], { input: { caseId } }]`
 * @param data the query's last answer, which may tell the study behind a case (`item.studyId` or `studyId`)
 */
export function isConcerned(queryKey: readonly unknown[], data: unknown, notices: Iterable<LiveNotice>): boolean {
  const path = queryKey[0];
  const room = Array.isArray(path) ? String(path[0]) : "";
  const own = idsOf((queryKey[1] as { input?: unknown } | undefined)?.input);
  const bound = own.size > 0;
  if (bound) {
    for (const id of idsOf(data)) own.add(id);
    for (const id of idsOf((data as { item?: unknown } | undefined)?.item)) own.add(id);
  }
  for (const notice of notices) {
    if (!rooms[notice.topic]?.includes(room)) continue;
    const named = idsOf(notice);
    if (!bound || named.size === 0 || [...named].some((id) => own.has(id))) return true;
  }
  return false;
}

function idsOf(value: unknown): Set<string> {
  const ids = new Set<string>();
  if (!value || typeof value !== "object") return ids;
  for (const key of ["caseId", "studyId", "edgeId"] as const) {
    const id = (value as Record<string, unknown>)[key];
    if (typeof id === "string") ids.add(id);
  }
  return ids;
}
