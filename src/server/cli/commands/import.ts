import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import path from "node:path";
import { startOf } from "@overread/shared/dicom/part10-head";
import { DomainError } from "@overread/shared/errors";
import { ingestPart10 } from "#server/archive/index.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { type Command, listOf, need, optional, UsageError } from "../command.ts";
import { walkFiles } from "../walk-files.ts";

const parallel = 4;

const importFolder: Command = {
  name: "import",
  usage: "<folder> --org <slug> [--facility <slug>] [--purpose prior|read]",
  summary: "Take every DICOM file under a folder into the archive, as priors unless told otherwise",
  options: { org: { type: "string" }, facility: { type: "string" }, purpose: { type: "string" } },
  positionals: 1,
  async run({ values, positionals }, output) {
    const folder = positionals[0];
    if (!folder || !(await stat(folder).catch(() => null))?.isDirectory())
      throw new UsageError(`${folder ?? "(none)"} is not a folder`);
    const [purpose] = listOf(optional(values, "purpose") ?? "prior", ["prior", "read"] as const, "purpose");
    const { orgId, facilityId } = await withMaintenance(async (tx) => {
      const org = await tx.organization.findUnique({ where: { slug: need(values, "org") } });
      if (org?.kind !== "hospital") throw new DomainError("org.not-found");
      const slug = optional(values, "facility");
      const facility = slug ? await tx.facility.findUnique({ where: { orgId_slug: { orgId: org.id, slug } } }) : null;
      if (slug && !facility) throw new DomainError("facility.not-found");
      return { orgId: org.id, facilityId: facility?.id ?? null };
    });
    const actor = systemActor(orgId, "import");
    const counts = { stored: 0, duplicate: 0, quarantined: 0, refused: 0, ofNoStudy: 0, notDicom: 0 };
    const refused: { file: string; code: string }[] = [];
    const studies = new Map<string, number>();

    const take = async (file: string) => {
      if (!(await beginsLikeDicom(file))) {
        counts.notDicom++;
        return;
      }
      const result = await ingestPart10(actor, createReadStream(file, { highWaterMark: 256 << 10 }), {
        source: "import",
        facilityId,
        purpose: purpose!,
      });
      // Every disc has its directory, and that is no fault of the disc.
      if (result.outcome === "refused" && result.error?.details.reason === "sop-class-not-supported") {
        counts.ofNoStudy++;
        return;
      }
      counts[result.outcome]++;
      if (result.outcome === "refused") refused.push({ file: path.relative(folder, file), code: result.code });
      else studies.set(result.studyInstanceUid, (studies.get(result.studyInstanceUid) ?? 0) + 1);
      const done = counts.stored + counts.duplicate + counts.quarantined + counts.refused;
      if (done % 500 === 0) output.say(`${done} files taken`);
    };
    const files = walkFiles(folder);
    const worker = async () => {
      for (let next = await files.next(); !next.done; next = await files.next()) await take(next.value);
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    for (const studyInstanceUid of studies.keys())
      await withTenant(actor, (ctx) => completeStudy(ctx, { studyInstanceUid, purpose: purpose! }));
    return {
      json: { studies: studies.size, ...counts, refusals: refused },
      lines: [
        `${studies.size} studies: ${counts.stored} objects stored, ${counts.duplicate} already there, ${counts.quarantined} set aside, ${counts.refused} refused, ${counts.ofNoStudy} belong to no study, ${counts.notDicom} files are not DICOM`,
        ...refused.slice(0, 100).map(({ file, code }) => `  ${file}: ${code}`),
      ],
      failed: counts.refused > 0,
    };
  },
};

/** Whether a file begins like DICOM: discs hold much else. */
async function beginsLikeDicom(file: string): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(132), 0, 132, 0);
    return startOf(buffer.subarray(0, bytesRead)) !== null;
  } finally {
    await handle.close();
  }
}

export const importCommands = [importFolder];
