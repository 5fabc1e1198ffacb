import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { WritableDataSet } from "@overread/shared/dicom/write";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { openStudy } from "#server/domain/reading/index.ts";
import { signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

/** What hanging protocols ask is read from what the hospital sent, and comes with the case. */
let archive: TestArchive;
let reader: UserActor;
before(async () => {
  archive = await useTestArchive();
  reader = (await signedIn("radiologist@nightshift.example")).actor;
});
after(() => archive.close());

const value = (vr: string, ...Value: (string | number)[]): WritableDataSet[string] => ({ vr, Value });
/** Stores a study and opens its case as its reader does. */
async function opened(files: Tiny[]) {
  const { status } = await archive.stow(files.map(({ part10 }) => part10));
  assert.equal(status, 200);
  const { rows } = await archive.owner.query(
    "SELECT c.id FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE s.study_instance_uid = $1",
    [files[0]?.study],
  );
  return withTenant(reader, (ctx) => openStudy(ctx, { caseId: rows[0].id }));
}

test("mammograms come with side and view of each picture, in the order of their numbers", async () => {
  const { study, series } = tinyInstance();
  const view = (number: number, side: string, position: string) =>
    tinyInstance({
      study,
      series,
      elements: {
        "00080060": value("CS", "MG"),
        "00081030": value("LO", "Screening"),
        "00180015": value("CS", "BREAST"),
        "00185101": value("CS", position),
        "00200013": value("IS", number),
        "00200062": value("CS", side),
      },
    });
  const [lmlo, rcc] = [view(2, "L", "MLO"), view(1, "R", "CC")];
  const { current } = await opened([lmlo, rcc]);
  assert.deepEqual(current.regions, ["breast"]);
  assert.deepEqual(current.series[0]?.facts?.pictures, [
    { sopInstanceUid: rcc.instance, side: "R", view: "CC" },
    { sopInstanceUid: lmlo.instance, side: "L", view: "MLO" },
  ]);
});

test("of a stack one image says plane, kernel and contrast; of a header of many frames the first is read", async () => {
  const { study } = tinyInstance();
  const sagittal = tinyInstance({
    study,
    elements: {
      "0008103E": value("LO", "Reformat"),
      "00180010": value("LO", "Iomeprol"),
      "00181210": value("SH", "B60s"),
      "00200037": value("DS", 0, 1, 0, 0, 0, -1),
    },
  });
  const frame = (n: number) => ({
    "00209116": { vr: "SQ", Value: [{ "00200037": value("DS", 0, 1, 0, 0, 0, -1) }] },
    "00200013": value("IS", n),
  });
  const enhanced = tinyInstance({
    study,
    elements: {
      "0008103E": value("LO", "Enhanced"),
      "00200037": value("DS"),
      "52009230": { vr: "SQ", Value: Array.from({ length: 6000 }, (_, n) => frame(n)) } as WritableDataSet[string],
    },
  });
  const { current } = await opened([sagittal, enhanced]);
  const facts = (of: Tiny) => current.series.find(({ seriesInstanceUid }) => seriesInstanceUid === of.series)?.facts;
  assert.deepEqual(facts(sagittal), {
    plane: "sagittal",
    weighting: null,
    contrast: true,
    fatSaturated: false,
    kernel: "bone",
    thickness: null,
    pictures: [],
  });
  assert.equal(facts(enhanced)?.plane, "sagittal");
});
