import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { checkArchive, scrubArchive } from "#server/archive/index.ts";
import { readAnchors, sealedElsewhere, verifyAuditChains } from "#server/audit/index.ts";
import { describeCause } from "#server/outage.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { type Command, optional, UsageError } from "../command.ts";

const Anchors = z.array(
  z.object({ orgId: z.uuid(), seq: z.string().regex(/^\d+$/), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
);

/** Said where not one seal fits, which is what a lost or mistaken secret looks like. */
export const anotherSecret =
  "no read has the seal of this master secret: set OVERREAD_SECRET to the one that they were written under";

const auditVerify: Command = {
  name: "audit verify",
  usage: "[--anchors <file>] [--save-anchors <file>]",
  summary:
    "Walk every audit chain and hold it against the anchors noted outside the database; exit 1 where an event was changed, removed, moved or cut off",
  options: { anchors: { type: "string" }, "save-anchors": { type: "string" } },
  async run({ values }) {
    const file = optional(values, "anchors");
    const anchors = file ? Anchors.safeParse(JSON.parse(await readFile(file, "utf8"))) : undefined;
    if (anchors && !anchors.success) throw new UsageError(`${file} holds no anchors`);
    const kept = await readAnchors();
    const report = await verifyAuditChains([...kept.anchors, ...(anchors?.data ?? [])]);
    report.faults.push(...kept.forged.map(({ orgId, seq }) => ({ orgId, seq, fault: "anchor-forged" as const })));
    const save = optional(values, "save-anchors");
    // Broken chains must not be anchored.
    if (save && report.faults.length === 0) await writeFile(save, `${JSON.stringify(report.heads, null, 2)}\n`);
    const { organizations, events, waiting, faults } = report;
    const { newest, unreadable, unsigned, publicKey } = kept;
    const held = { anchors: kept.anchors.length, newest, unreadable, unsigned, forged: kept.forged.length, publicKey };
    return {
      json: {
        ok: faults.length === 0,
        organizations,
        events,
        waiting,
        faults,
        anotherSecret: sealedElsewhere(report),
        anchors: held,
        heads: report.heads,
      },
      lines: [
        `${events} events of ${organizations} organisations: ${faults.length === 0 ? "every chain is whole" : `${faults.length} faults`}`,
        ...(sealedElsewhere(report) ? [anotherSecret] : []),
        ...(waiting > 0
          ? [`${waiting} reads wait for their places: sealed, and without a gap unless it is named below`]
          : []),
        kept.newest
          ? `held against ${kept.anchors.length} anchors, the newest of ${kept.newest}`
          : "no anchors yet: a tail cut off together with its head cannot be told",
        ...(publicKey ? [`signed with the key whose public half is\n${publicKey.trim()}`] : []),
        ...(unsigned > 0 ? [`${unsigned} of them carry no signature`] : []),
        ...(kept.unreadable > 0 ? [`${kept.unreadable} lines among the anchors cannot be read`] : []),
        ...faults.slice(0, 100).map(({ orgId, seq, fault }) => `  ${orgId} event ${seq}: ${fault}`),
      ],
      failed: faults.length > 0,
    };
  },
};

const archiveCheck: Command = {
  name: "archive check",
  usage: "",
  summary: "Ask whether the archive's store answers and has room; exit 1 with the reason where it does not",
  options: {},
  async run() {
    const fault = await objectStore()
      .ensureRoom(1)
      .then(
        () => null,
        (error: unknown) => describeCause(error),
      );
    return {
      json: { ok: fault === null, fault },
      lines: [fault === null ? "the store answers" : `the store cannot be used: ${fault}`],
      failed: fault !== null,
    };
  },
};

const archiveVerify: Command = {
  name: "archive verify",
  usage: "",
  summary: "Read every object and hold it against the index; exit 1 where one is missing or damaged",
  options: {},
  async run(_args, output) {
    const report = await checkArchive((objects) => output.say(`${objects} objects read`));
    const { missing, corrupt, orphaned } = report;
    return {
      json: { ok: missing.length + corrupt.length === 0, ...report },
      lines: [
        `${report.objects} objects, ${report.bytes} bytes read: ${missing.length} missing, ${corrupt.length} damaged, ${orphaned.length} that no row names`,
        `${report.renditions.objects} renditions beside them, ${report.renditions.bytes} bytes`,
        ...missing.map(({ objectKey }) => `  missing ${objectKey}`),
        ...corrupt.map(({ objectKey }) => `  damaged ${objectKey}`),
        ...orphaned.slice(0, 100).map((key) => `  unnamed ${key}`),
      ],
      failed: missing.length + corrupt.length > 0,
    };
  },
};

const archiveScrub: Command = {
  name: "archive scrub",
  usage: "[--from <backup folder>]",
  summary:
    "One pass of the scheduled scrub: as archive verify, and damaged images are marked, told to their hospital, and brought back from a backup where it holds them; exit 1 where one stays damaged",
  options: { from: { type: "string" } },
  async run({ values }, output) {
    const from = optional(values, "from");
    const report = await scrubArchive({
      ...(from ? { from } : {}),
      progress: (objects) => output.say(`${objects} objects read`),
    });
    const { missing, corrupt, orphaned, repaired } = report;
    return {
      json: { ok: missing.length + corrupt.length === 0, ...report },
      lines: [
        `${report.objects} objects, ${report.bytes} bytes read: ${missing.length} missing, ${corrupt.length} damaged, ${repaired.length} brought back, ${orphaned.length} that no row names`,
        ...missing.map(({ objectKey }) => `  missing ${objectKey}`),
        ...corrupt.map(({ objectKey }) => `  damaged ${objectKey}`),
        ...repaired.map((key) => `  brought back ${key}`),
      ],
      failed: missing.length + corrupt.length > 0,
    };
  },
};

export const verifyCommands = [archiveCheck, archiveVerify, archiveScrub, auditVerify];
