import path from "node:path";
import { sealedElsewhere, verifyAuditChains } from "#server/audit/index.ts";
import { createBackup, restoreBackup, UnusableBackup } from "#server/backup/index.ts";
import { type Command, UsageError } from "../command.ts";
import { anotherSecret } from "./verify.ts";

function folderOf(positionals: string[]): string {
  if (!positionals[0]) throw new UsageError("no folder was given");
  return path.resolve(positionals[0]);
}

const backupCreate: Command = {
  name: "backup create",
  usage: "<folder>",
  summary:
    "Copy database and objects into a folder while everything runs; into the same folder again copies what is new",
  options: {},
  positionals: 1,
  async run({ positionals }, output) {
    const folder = folderOf(positionals);
    const manifest = await createBackup(folder, (line) => output.say(line));
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const { damaged } = manifest.objects;
    return {
      json: { folder, madeAt: manifest.madeAt, rows, objects: manifest.objects },
      lines: [
        `${rows} rows and ${manifest.objects.files} objects (${manifest.objects.bytes} bytes) in ${folder}.`,
        "The master secret is not in it: keep OVERREAD_SECRET (or the file `secret` of the data folder) in another place.",
        ...(damaged.length > 0
          ? [
              `${damaged.length} objects are damaged in the archive; earlier copies of them were kept. Run: archive scrub --from ${folder}`,
            ]
          : []),
      ],
      failed: damaged.length > 0,
    };
  },
};

const backupRestore: Command = {
  name: "backup restore",
  usage: "<folder>",
  summary: "Bring a backup back into an empty database and store, and check its audit chains",
  options: {},
  positionals: 1,
  async run({ positionals }, output) {
    const manifest = await restoreBackup(folderOf(positionals), (line) => output.say(line)).catch((error: unknown) => {
      throw error instanceof UnusableBackup ? new UsageError(error.message) : error;
    });
    const report = await verifyAuditChains(manifest.auditHeads);
    const { faults } = report;
    return {
      json: {
        madeAt: manifest.madeAt,
        objects: manifest.objects,
        auditFaults: faults,
        anotherSecret: sealedElsewhere(report),
      },
      lines: [
        `Restored the backup of ${manifest.madeAt}.`,
        faults.length === 0
          ? "Its audit chains are whole."
          : `Its audit chains have ${faults.length} faults: see audit verify.`,
        ...(sealedElsewhere(report) ? [`${anotherSecret[0]?.toUpperCase()}${anotherSecret.slice(1)}.`] : []),
        "Everybody has to sign in again. Check the objects with: archive verify",
      ],
      failed: faults.length > 0,
    };
  },
};

export const backupCommands = [backupCreate, backupRestore];
