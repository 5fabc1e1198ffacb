import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stageFromScreen } from "./from-screen.ts";
import { type HangingSeries, type HangingStudy, hangings } from "./hang.ts";
import { Protocol } from "./protocol.ts";

const plain = { plane: null, weighting: null, contrast: false, fatSaturated: false, kernel: null, thickness: null };
const series = (
  seriesInstanceUid: string,
  modality: string,
  facts: Partial<HangingSeries["facts"]>,
): HangingSeries => ({
  seriesInstanceUid,
  modality,
  numberOfInstances: 20,
  isMinor: false,
  facts: { ...plain, pictures: [], ...facts },
});
const cell = (of: HangingSeries, study = 0) => ({ study, series: of, picture: null, window: null, fit: null });
const protocolOf = (modality: string, stage: ReturnType<typeof stageFromScreen>) => ({
  id: "mine",
  name: "Mine",
  modalities: [modality],
  regions: [],
  stages: [stage],
});
const shown = (studies: HangingStudy[], protocol: ReturnType<typeof protocolOf>) =>
  hangings(studies, [[protocol]])[0]?.stages[0]?.places.map((place) => place?.seriesInstanceUid ?? null);

test("what was on the screen is on it again when the same study is opened", () => {
  const of = fc.record({
    plane: fc.constantFrom("axial" as const, "sagittal" as const, "coronal" as const),
    weighting: fc.constantFrom("t1" as const, "t2" as const, "flair" as const),
    contrast: fc.boolean(),
    fatSaturated: fc.boolean(),
  });
  const different = fc.uniqueArray(of, { minLength: 1, maxLength: 6, selector: (facts) => JSON.stringify(facts) });
  fc.assert(
    fc.property(different, fc.infiniteStream(fc.nat()), (facts, order) => {
      const all = facts.map((each, n) => series(String(n), "MR", each));
      const cells = all.toSorted(() => ((order.next().value ?? 0) % 2 === 0 ? 1 : -1));
      const stage = stageFromScreen("As it was", {
        rows: 1,
        columns: cells.length,
        cells: cells.map((each) => cell(each)),
      });
      const wanted = cells.map(({ seriesInstanceUid }) => seriesInstanceUid);
      assert.deepEqual(shown([{ regions: [], series: all }], protocolOf("MR", stage)), wanted);
    }),
  );
});

test("a study without contrast hangs its T1 where the one with contrast had stood, and nothing of another weighting", () => {
  const stage = stageFromScreen("T1 and FLAIR", {
    rows: 1,
    columns: 2,
    cells: [
      cell(series("1", "MR", { plane: "axial", weighting: "t1", contrast: true })),
      cell(series("2", "MR", { plane: "axial", weighting: "flair" })),
    ],
  });
  const next = [
    series("3", "MR", { plane: "axial", weighting: "t2" }),
    series("4", "MR", { plane: "axial", weighting: "t1" }),
  ];
  assert.deepEqual(shown([{ regions: [], series: next }], protocolOf("MR", stage)), ["4", null]);
});

test("an empty cell stays empty, a prior's is the prior's, and a chosen window comes again", () => {
  const ct = series("1", "CT", { plane: "axial" });
  const stage = stageFromScreen("With prior", {
    rows: 2,
    columns: 2,
    cells: [
      { ...cell(ct), window: { center: -600, width: 1500 } },
      null,
      cell(series("p", "CT", { plane: "axial" }), 1),
      null,
    ],
  });
  const prior: HangingStudy = { regions: [], series: [series("9", "CT", { plane: "axial" })] };
  const protocol = protocolOf("CT", stage);
  assert.deepEqual(shown([{ regions: [], series: [ct] }, prior], protocol), ["1", null, "9", null]);
  const { id: _, ...kept } = protocol;
  assert.ok(Protocol.safeParse(JSON.parse(JSON.stringify(kept))).success, "it can be kept");
});

test("a reader's own protocol comes before the group's and the built-in one, and the others can still be chosen", () => {
  const study: HangingStudy = { regions: ["head"], series: [series("1", "MR", { weighting: "t1" })] };
  const of = (id: string, regions: string[]) => ({
    ...protocolOf(
      "MR",
      stageFromScreen("One", { rows: 1, columns: 1, cells: [cell(study.series[0] as HangingSeries)] }),
    ),
    id,
    regions,
  });
  const found = hangings(
    [study],
    [[of("own", [])], [of("group", ["head"])], [of("general", []), of("head", ["head"])]],
  );
  assert.deepEqual(
    found.map(({ protocol }) => protocol.id),
    ["own", "group", "head", "general"],
  );
});
