import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { createClient } from "redis";
import type { TokenActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { type InstanceRecord, storeInstances } from "#server/domain/imaging/index.ts";
import { workerHeartbeatKey } from "#server/jobs/worker-heartbeat.ts";
import { bin, root } from "../lib/paths.mjs";
import { until } from "../lib/ports.mjs";
import { say } from "../lib/say.mjs";
import { type Ground, loadavg, onOwnGround } from "./ground.ts";

/**
 * Studies of one image each are in the archive, and nobody declares them complete: how many per second become readable
 * cases, with one worker process and with two. The floor is the same database: one row changed and committed for each,
 * eight at a time.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { studies: { type: "string", default: "20000" } } });
  const count = Number(values.studies);
  await onOwnGround(async (ground) => {
    await seedDemo({ password: "not for anybody" });
    const { rows } = await ground.db.owner.query(
      "SELECT f.id AS facility, o.id AS org, o.slug FROM facility f JOIN organization o ON o.id = f.org_id WHERE f.slug = 'lakeside-main'",
    );
    const { facility, org, slug } = rows[0];
    const sender: TokenActor = {
      kind: "token",
      tokenId: org,
      orgId: org,
      orgSlug: slug,
      scopes: ["dicomweb:write"],
      name: "bench",
      edgeId: null,
      facilityId: null,
    };
    const rates: number[] = [];
    for (const workers of [1, 2]) {
      await store(sender, facility, count);
      // Until every worker is running and idle.
      await ground.db.owner.query(
        "UPDATE outbox_job SET run_at = now() + interval '1 day' WHERE name = 'study.settle' AND done_at IS NULL",
      );
      rates.push(await readable(ground, workers, count));
    }
    const floor = await committed(Math.min(count, 5000));
    const [one = 0, two = 0] = rates;
    say(
      `floor: ${floor.toFixed(0)} commits/s; one worker ${(one / floor).toFixed(2)}, two ${(two / floor).toFixed(2)}`,
    );
    say(`cases: one worker ${one.toFixed(0)}/s, two ${two.toFixed(0)}/s, ratio ${(two / one).toFixed(2)}`);
    say(`load ${loadavg()[0]?.toFixed(1)}`);
  });
}

/** Inserts the rows by the verb that the archive calls; every fourth patient has two studies. */
async function store(sender: TokenActor, facilityId: string, count: number): Promise<void> {
  let patient = "";
  const records = Array.from({ length: count }, (_, n) => {
    if (n % 5 !== 4) patient = randomBytes(6).toString("hex");
    return record(facilityId, patient);
  });
  for (let at = 0; at < count; at += 200) {
    const arriving = records.slice(at, at + 200);
    await withTenantSql(sender, (ctx) => storeInstances(ctx, { arriving, described: async () => arriving }), {
      timeoutMs: 60_000,
    });
  }
}

const value = (vr: string, text: string | number) => ({ vr, Value: [text] });
function record(facilityId: string, patientId: string): InstanceRecord {
  const [study, series, instance] = [newUid(), newUid(), newUid()];
  const hash = randomBytes(32).toString("hex");
  return {
    studyInstanceUid: study,
    seriesInstanceUid: series,
    sopInstanceUid: instance,
    sopClassUid: SOP.ct,
    transferSyntaxUid: TS.explicitLittleEndian,
    dataSetSha256: hash,
    objectKey: `objects/bench/${hash}`,
    sizeBytes: 1000,
    dataSetOffset: 300,
    numberOfFrames: 1,
    frameIndex: "{}",
    metadata: JSON.stringify({ [Tag.SOPInstanceUID]: value("UI", instance) }),
    qidoJson: JSON.stringify({ [Tag.SOPInstanceUID]: value("UI", instance) }),
    dataset: {
      [Tag.StudyDate]: value("DA", "20261120"),
      [Tag.StudyTime]: value("TM", "101500"),
      [Tag.Modality]: value("CS", "CT"),
      [Tag.StudyDescription]: value("LO", "CT CHEST"),
      [Tag.PatientName]: { vr: "PN", Value: [{ Alphabetic: `Rivers^${patientId}` }] },
      [Tag.PatientID]: value("LO", patientId),
      [Tag.PatientBirthDate]: value("DA", "19690412"),
      [Tag.InstanceNumber]: value("IS", 1),
      [Tag.Rows]: value("US", 4),
      [Tag.Columns]: value("US", 4),
    },
    textRepairedAs: "",
    purpose: undefined,
    facilityId,
    source: "stow",
  };
}

/** Cases per second, from the moment at which the quiet time of all of them is over. */
async function readable({ db, redisUrl, env }: Ground, workers: number, count: number): Promise<number> {
  const before = await unread(db);
  const running = Array.from({ length: workers }, () =>
    spawn(bin("node"), [path.join(root, "src/workers/main.ts")], {
      cwd: root,
      env,
      stdio: ["ignore", "ignore", "inherit"],
    }),
  );
  try {
    await until(async () => (await alive(redisUrl)) && (await idle(db)), {
      deadlineMs: 300_000,
      what: "workers with nothing due",
    });
    const cpuBefore = cpuOf(running);
    const started = performance.now();
    await db.owner.query("UPDATE study SET last_received_at = now() - interval '1 hour' WHERE completed_at IS NULL");
    await db.owner.query(
      "UPDATE outbox_job SET run_at = now() WHERE name = 'study.settle' AND done_at IS NULL AND failed_at IS NULL",
    );
    await db.owner.query("SELECT pg_notify('overread_outbox', '')");
    await until(async () => (await unread(db)) - before === count, {
      deadlineMs: 600_000,
      what: "every case readable",
      everyMs: 200,
    });
    const seconds = (performance.now() - started) / 1000;
    await until(() => idle(db), { deadlineMs: 600_000, what: "every job done", everyMs: 200 });
    const all = (performance.now() - started) / 1000;
    const cpu = (cpuOf(running) - cpuBefore) / count;
    say(
      `${workers} worker${workers > 1 ? "s" : ""}: ${count} cases readable in ${seconds.toFixed(1)} s, with priors, place and metadata in ${all.toFixed(1)} s; ${cpu.toFixed(1)} ms of the workers' processor time for each`,
    );
    return count / seconds;
  } finally {
    await Promise.all(running.map(ended));
  }
}

async function unread(db: Ground["db"]): Promise<number> {
  return (await db.owner.query("SELECT count(*)::int AS n FROM reading_case WHERE state = 'unread'")).rows[0].n;
}
async function idle(db: Ground["db"]): Promise<boolean> {
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM outbox_job WHERE done_at IS NULL AND failed_at IS NULL AND run_at <= now()",
  );
  return rows[0].n === 0;
}
async function alive(url: string): Promise<boolean> {
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  const there = await client.exists(workerHeartbeatKey);
  client.destroy();
  return there === 1;
}

/** User and system time of the processes so far, ms (Linux: ticks of 10 ms). */
function cpuOf(processes: ChildProcess[]): number {
  return processes.reduce((sum, { pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await exit;
}

/** Commits a second of one row each. */
async function committed(count: number): Promise<number> {
  const own = pool("overread_maintenance");
  const { rows } = await own.query<{ id: string }>("SELECT id FROM outbox_job LIMIT $1", [count]);
  const ids = rows.map(({ id }) => id);
  const total = ids.length;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let id = ids.pop(); id; id = ids.pop())
        await own.query("UPDATE outbox_job SET attempts = attempts + 1 WHERE id = $1", [id]);
    }),
  );
  return (total * 1000) / (performance.now() - started);
}
