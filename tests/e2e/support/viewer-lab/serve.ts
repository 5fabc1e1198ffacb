// The viewer on a page of its own, for working on it without the rest of the product:
//   next build tests/e2e/support/viewer-lab && next start tests/e2e/support/viewer-lab -p 3190   (or `next dev`)
//   node tests/e2e/support/viewer-lab/serve.ts [folders of DICOM files]
//   OVERREAD_VIEWER_LAB=http://127.0.0.1:3191 node --test tests/e2e/viewer.test.ts
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { filesBelow, startDicomwebFixture } from "../dicomweb-fixture.ts";
import { chestSlices, chestStudy, loopStudy } from "../viewer-studies.ts";

const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-viewer-lab-"));
for (const [kind, options] of [chestStudy(true), chestStudy(false), loopStudy()])
  for (const file of makeStudy(kind, options).files())
    writeFileSync(path.join(scratch, `${file.sopInstanceUid}.dcm`), file.part10);
const fixture = await startDicomwebFixture([scratch, ...process.argv.slice(2)].flatMap(filesBelow), 3190, 3191);
console.log(`http://127.0.0.1:${fixture.port}/?current=<n>&priors=<n>, chest CT of ${chestSlices} slices`);
for (const [place, study] of fixture.studies.entries()) console.log(place, study.studyDate, study.description);
process.once("SIGINT", async () => {
  await fixture.close();
  rmSync(scratch, { recursive: true, force: true });
});
