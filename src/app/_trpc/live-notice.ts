/** A notice of `/api/events`: that something changed, never what. */
export type LiveNotice = { topic: string; caseId?: string; studyId?: string; edgeId?: string };

/** The routers whose queries a topic makes stale. */
const routersOf: Record<string, string[]> = {
  "case.changed": [
    "worklist",
    "study",
    "report",
    "referral",
    "order",
    "escalation",
    "board",
    "list",
    "assignment",
    "techCheck",
  ],
  "report.changed": ["report", "referral", "worklist"],
  "study.changed": ["worklist", "study", "order", "techCheck"],
  "edge.changed": ["edge"],
  "readers.changed": ["readers", "board"],
  "rules.changed": ["rules", "board", "escalation"],
  "service-level.changed": ["serviceLevel"],
  // Seen in the bell is seen on the list, and the other way round.
  "notice.changed": ["notice", "discrepancy"],
  "lists.changed": ["list"],
  "protocols.changed": ["hanging"],
};

/** A notice from the wire, or null for one that cannot be parsed (a newer server may send other kinds). */
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
 * Whether a query has to be fetched again after these notices. Lists of the topic always; a query about one case or
 * study only when it is named. Opening a study is audited, so it is not repeated because another case has changed.
 *
 * @param queryKey as tRPC builds it: `[["study", "open"], { input: { caseId } }]`
 * @param data the query's last answer, which may contain the study of a case (`item.studyId` or `studyId`)
 */
export function isAffected(queryKey: readonly unknown[], data: unknown, notices: Iterable<LiveNotice>): boolean {
  const path = queryKey[0];
  const router = Array.isArray(path) ? String(path[0]) : "";
  const own = idsOf((queryKey[1] as { input?: unknown } | undefined)?.input);
  const bound = own.size > 0;
  if (bound) {
    for (const id of idsOf(data)) own.add(id);
    const { item, readWith } = (data ?? {}) as { item?: { readWith?: unknown }; readWith?: unknown };
    for (const id of idsOf(item)) own.add(id);
    // What is read with a case is on its page.
    const together = item?.readWith ?? readWith;
    if (Array.isArray(together)) for (const each of together) for (const id of idsOf(each)) own.add(id);
  }
  for (const notice of notices) {
    if (!routersOf[notice.topic]?.includes(router)) continue;
    const named = idsOf(notice);
    if (!bound || named.size === 0 || [...named].some((id) => own.has(id))) return true;
  }
  return false;
}

/**
 * Whether a query is a list that notices make stale, and not about one case or study. A page is rendered before its stream is open:
 * what changed in between was announced to nobody on it, so lists are fetched again when it opens.
 */
export function isLiveList(queryKey: readonly unknown[]): boolean {
  return isAffected(
    queryKey,
    undefined,
    Object.keys(routersOf).map((topic) => ({ topic, caseId: "" })),
  );
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
