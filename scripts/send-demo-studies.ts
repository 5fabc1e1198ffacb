// Sends the demo's simulated studies to an empty demo by C-STORE through the edge router, priors first.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { demoStudies } from "#server/demo/modality-simulator/index.ts";
import { openStoreAssociation } from "../edge-router/src/dimse/scu/storage.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    called: { type: "string" },
    prior: { type: "string", default: "OVERREAD_PRIOR" },
  },
});
const port = Number(values.port);
const called = values.called ?? "OVERREAD";
const dir = mkdtempSync(path.join(os.tmpdir(), "overread-demo-"));
try {
  for (const study of demoStudies(new Date())) {
    const files = [];
    for (const file of study.files()) {
      const target = path.join(dir, `${file.sopInstanceUid}.dcm`);
      writeFileSync(target, file.part10);
      files.push({
        path: target,
        sopClassUid: file.sopClassUid,
        sopInstanceUid: file.sopInstanceUid,
        transferSyntaxUid: file.transferSyntaxUid,
      });
    }
    const association = await openStoreAssociation({
      host: "127.0.0.1",
      port,
      calledAeTitle: study.isPrior ? (values.prior ?? "") : called,
      callingAeTitle: "DEMO_MODALITY",
      files,
    });
    for (const file of files) {
      const status = await association.store(file);
      if (status !== 0) process.stderr.write(`${study.kind}: status ${status.toString(16)}\n`);
      rmSync(file.path);
    }
    await association.release();
    process.stdout.write(`${study.kind}${study.isPrior ? " (prior)" : ""}: ${files.length} instances sent\n`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
