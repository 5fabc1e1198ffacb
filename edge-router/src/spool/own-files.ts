import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { readInstance } from "@overread/shared/dicom/part10";
import type { FoundRecord } from "./journal-scan.ts";

/**
 * Large objects, each in a file of its own, that no journal record names: the segment that did may have been given back
 * long ago, since only the index needed to know. After the loss of the index the files speak for themselves.
 *
 * One that cannot be read is left where it is for a person to look at.
 */
export async function ownFiles(objectsDir: string, found: FoundRecord[]): Promise<FoundRecord[]> {
  const known = new Set(found.map(({ meta }) => meta.file));
  const records: FoundRecord[] = [];
  for (const file of (await readdir(objectsDir)).filter((name) => !known.has(name))) {
    const full = path.join(objectsDir, file);
    const header = await readInstance({ path: full }).catch(() => null);
    if (!header) continue;
    const hash = createHash("sha256");
    for await (const bytes of createReadStream(full, { start: header.dataSetOffset })) hash.update(bytes);
    const { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid, transferSyntaxUid } = header;
    records.push({
      meta: {
        sopClassUid,
        sopInstanceUid,
        studyInstanceUid,
        seriesInstanceUid,
        transferSyntaxUid,
        sha256: hash.digest("hex"),
        callingAeTitle: "UNKNOWN",
        calledAeTitle: "",
        purpose: "read",
        receivedAt: Math.round(statSync(full).mtimeMs),
        headBytes: header.dataSetOffset,
        sizeBytes: header.sizeBytes,
        file,
      },
      location: { segment: "", offset: 0 },
    });
  }
  return records;
}
