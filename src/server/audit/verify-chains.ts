import { createHash } from "node:crypto";
import type pg from "pg";
import { isSealed, type SealedRead } from "#server/audit-seal.ts";
import { pool } from "#server/db/clients.ts";

/**
 * The head of a chain at a time: kept outside the database, it proves that nothing before it was cut or rewritten
 * since.
 */
export type ChainHead = { orgId: string; seq: string; hash: string };
export type ChainFault = {
  orgId: string;
  seq: string;
  fault:
    | "missing"
    | "altered"
    | "out-of-order"
    | "tail-cut"
    | "head-missing"
    | "anchor-mismatch"
    | "anchor-forged"
    | "functions-disagree"
    /** A read whose seal is wrong: changed, or made without the key. */
    | "seal-broken"
    /** A connection's reads are numbered without gaps; a number is missing or occurs twice. */
    | "read-missing";
};
export type ChainReport = {
  organizations: number;
  events: number;
  /** Reads that are not chained yet: their seals and numbers are checked. */
  waiting: number;
  /** Reads with a seal, in the chains and waiting. */
  sealed: number;
  faults: ChainFault[];
  heads: ChainHead[];
};

/** Whether there are reads and not one has a seal of ours: then not they were changed, but the master secret is another one. */
export const sealedElsewhere = ({ sealed, faults }: ChainReport): boolean =>
  sealed > 0 && faults.filter(({ fault }) => fault === "seal-broken").length === sealed;

type EventRow = {
  seq: string;
  at: string;
  actorOrgId: string;
  actorKind: string;
  actorId: string;
  actorName: string;
  action: string;
  outcome: string;
  patientRef: string | null;
  studyRef: string | null;
  caseId: string | null;
  details: string;
  requestId: string;
  prevHash: string;
  hash: string;
  form: number;
  stream: string | null;
  streamN: string | null;
  mac: string | null;
  /** The database function's result for the row. */
  databaseHash: string;
};

const genesis = "0".repeat(64);
const page = 2_000;
/** See `audit_canonical` in the database. */
const newestForm = 3;

/** `2026-11-21T23:59:59.123456` (UTC) in microseconds since 1970. */
function microseconds(at: string): string {
  const [seconds, fraction = "0"] = at.split(".") as [string, string?];
  return (BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0"))).toString();
}

/**
 * The hash of an event in the format it was written in, computed here, so that a changed database function is noticed.
 * Form 1 separated the fields by a control character; form 2 prefixes each with its length in bytes; form 3 includes
 * the seal of a read.
 */
function hashOf(orgId: string, e: EventRow): string {
  const canonical = e.form === 1 ? firstForm(orgId, e) : laterForm(orgId, e);
  return createHash("sha256").update(canonical, "utf8").digest("hex");
}

function laterForm(orgId: string, e: EventRow): string {
  const fields = [
    `audit-event-${e.form}`,
    orgId,
    e.seq,
    microseconds(e.at),
    e.actorOrgId,
    e.actorKind,
    e.actorId,
    e.actorName,
  ];
  const rest = [e.action, e.outcome, e.patientRef, e.studyRef, e.caseId, e.details, e.requestId, e.prevHash];
  const seal = e.form === 2 ? [] : [e.stream, e.streamN, e.mac];
  return [...fields, ...rest, ...seal]
    .map((field) => (field === null ? "-" : `${Buffer.byteLength(field, "utf8")}:${field}`))
    .join(",");
}

function firstForm(orgId: string, e: EventRow): string {
  return [
    orgId,
    e.seq,
    microseconds(e.at),
    e.actorOrgId,
    e.actorKind,
    e.actorId,
    e.actorName,
    e.action,
    e.outcome,
    e.patientRef ?? "-",
    e.studyRef ?? "-",
    e.caseId ?? "-",
    e.details,
    e.requestId,
    e.prevHash,
  ].join("\x1f");
}

type WaitingRow = Omit<EventRow, "seq" | "prevHash" | "hash" | "form" | "databaseHash"> & { orgId: string; id: string };
const readColumns = `to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at, actor_org_id AS "actorOrgId", actor_kind AS "actorKind",
  actor_id AS "actorId", actor_name AS "actorName", action, outcome, patient_ref AS "patientRef", study_ref AS "studyRef",
  case_id AS "caseId", details::text AS details, request_id AS "requestId", stream, stream_n::text AS "streamN", mac`;

/** A change has no seal; a read has one, and it must fit. */
function sealFits(orgId: string, e: Omit<WaitingRow, "id" | "orgId">): boolean {
  if (e.stream === null && e.streamN === null && e.mac === null) return true;
  if (e.stream === null || e.streamN === null || e.mac === null) return false;
  const details = JSON.parse(e.details) as SealedRead["details"];
  const { stream, streamN, mac } = e;
  return isSealed({ ...e, stream, streamN, orgId, at: microseconds(e.at), details }, mac);
}

/**
 * Verifies every organisation's audit chain from its first event to its head: finds events that were changed, removed
 * or moved, and a tail that was cut off. Reads, also waiting ones, are checked against their seals and their
 * connections' numbers.
 *
 * @param anchors recorded heads; without them a tail that was cut together with its head cannot be detected.
 */
export async function verifyAuditChains(anchors: ChainHead[] = []): Promise<ChainReport> {
  const client = await pool("overread_maintenance").connect();
  const report: ChainReport = { organizations: 0, events: 0, waiting: 0, sealed: 0, faults: [], heads: [] };
  try {
    // Events are written meanwhile: one snapshot contains heads and events consistently.
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const heads = await client.query<ChainHead>(
      `SELECT org_id AS "orgId", seq::text, hash FROM audit_head ORDER BY org_id`,
    );
    const orgs = await client.query<{ orgId: string }>(
      `SELECT org_id AS "orgId" FROM audit_head UNION SELECT DISTINCT org_id FROM audit_event UNION SELECT id FROM organization
       UNION SELECT unnest($1::uuid[]) ORDER BY 1`,
      [[...new Set(anchors.map(({ orgId }) => orgId))]],
    );
    const headOf = new Map(heads.rows.map((head) => [head.orgId, head]));
    report.heads = heads.rows;
    for (const { orgId } of orgs.rows) {
      report.organizations++;
      const fault = (seq: bigint, kind: ChainFault["fault"]) =>
        report.faults.push({ orgId, seq: seq.toString(), fault: kind });
      // A position may have several anchors, possibly different ones: each must fit.
      const anchored = Map.groupBy(
        anchors.filter((a) => a.orgId === orgId),
        ({ seq }) => seq,
      );
      let previous = { seq: 0n, hash: genesis, form: 1 };
      for (;;) {
        const { rows } = await client.query<EventRow>(
          `SELECT seq::text, ${readColumns}, prev_hash AS "prevHash", hash, form,
             encode(sha256(convert_to(audit_canonical(e), 'UTF8')), 'hex') AS "databaseHash"
           FROM audit_event e WHERE org_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT ${page}`,
          [orgId, previous.seq.toString()],
        );
        for (const event of rows) {
          report.events++;
          const seq = BigInt(event.seq);
          const own = hashOf(orgId, event);
          if (seq !== previous.seq + 1n) fault(previous.seq + 1n, "missing");
          else if (event.prevHash !== previous.hash) fault(seq, "out-of-order");
          // A later form is never followed by an earlier one.
          if (own !== event.hash || event.form < previous.form || event.form > newestForm) fault(seq, "altered");
          if (own !== event.databaseHash) fault(seq, "functions-disagree");
          if (event.mac !== null) report.sealed++;
          if (!sealFits(orgId, event)) fault(seq, "seal-broken");
          if (anchored.get(event.seq)?.some(({ hash }) => hash !== event.hash)) fault(seq, "anchor-mismatch");
          anchored.delete(event.seq);
          previous = { seq, hash: event.hash, form: event.form };
        }
        if (rows.length < page) break;
      }
      const head = headOf.get(orgId);
      if (!head) fault(previous.seq, previous.seq > 0n || anchored.size > 0 ? "head-missing" : "missing");
      else if (head.seq !== previous.seq.toString() || head.hash !== previous.hash) fault(BigInt(head.seq), "tail-cut");
      for (const seq of anchored.keys()) fault(BigInt(seq), "tail-cut");
    }
    await verifyReads(client, report);
    return report;
  } finally {
    await client.query("ROLLBACK").catch(() => {});
    client.release();
  }
}

/** Waiting reads, and gaps in any connection's numbers; within the snapshot of the verification. */
async function verifyReads(client: pg.PoolClient, report: ChainReport): Promise<void> {
  for (let last = "00000000-0000-0000-0000-000000000000"; ; ) {
    const { rows } = await client.query<WaitingRow>(
      `SELECT id, org_id AS "orgId", ${readColumns} FROM audit_read WHERE id > $1 ORDER BY id LIMIT ${page}`,
      [last],
    );
    for (const row of rows) {
      report.waiting++;
      report.sealed++;
      last = row.id;
      if (!sealFits(row.orgId, row)) report.faults.push({ orgId: row.orgId, seq: "waiting", fault: "seal-broken" });
    }
    if (rows.length < page) break;
  }
  // Attributed to the organisation of the stream's last read: that of the missing one is unknown.
  const gaps = await client.query<{ orgId: string; missing: string }>(
    `SELECT (array_agg(org_id ORDER BY stream_n DESC))[1] AS "orgId", (max(stream_n) - count(*))::text AS missing
     FROM (SELECT org_id, stream, stream_n FROM audit_event WHERE stream IS NOT NULL
       UNION ALL SELECT org_id, stream, stream_n FROM audit_read) r
     GROUP BY stream HAVING max(stream_n) <> count(*) OR count(DISTINCT stream_n) <> count(*)`,
  );
  for (const { orgId } of gaps.rows) report.faults.push({ orgId, seq: "read", fault: "read-missing" });
}
