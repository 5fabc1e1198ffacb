import assert from "node:assert/strict";
import { test } from "node:test";
import { Tag } from "@overread/shared/dicom/tags";
import { seriesFacts } from "@overread/shared/hanging/facts";
import type { StudyForViewing } from "../types.ts";
import { studyOf } from "./fixture.ts";
import { initialState } from "./initial-state.ts";
import { reduce } from "./reduce.ts";
import { stageOfScreen, studiesOfScreen } from "./stages.ts";
import type { SessionState } from "./state.ts";

/** Four mammograms, each a series of its own, as they may come: in no order. */
function mammograms(uid: string, more: Partial<StudyForViewing> = {}): StudyForViewing {
  const study = studyOf(
    uid,
    ["L MLO", "R CC", "L CC", "R MLO"].map((description) => ({ modality: "MG", slices: 1, description })),
    more,
  );
  return {
    ...study,
    regions: ["breast"],
    series: study.series.map((series) => {
      const [side = "", view = ""] = (series.seriesDescription ?? "").split(" ");
      const instance = {
        [Tag.SOPInstanceUID]: { Value: [`${series.seriesInstanceUid}.1`] },
        [Tag.ImageLaterality]: { Value: [side] },
        [Tag.ViewPosition]: { Value: [view] },
      };
      return { ...series, facts: seriesFacts({ modality: "MG", description: "" }, [instance]) };
    }),
  };
}
const current = mammograms("1.1");
const shown = ({ layout, cells }: SessionState) =>
  Array.from({ length: layout.rows * layout.columns }, (_, i) => {
    const id = `r${Math.floor(i / layout.columns) + 1}c${(i % layout.columns) + 1}` as const;
    const uid = cells[id]?.source.series;
    const study = uid?.startsWith("1.2") ? "prior " : "";
    return uid ? study + ["L MLO", "R CC", "L CC", "R MLO"][Number(uid.split(".").at(-1)) - 1] : null;
  });
const namesOf = ({ hanging }: SessionState) => hanging?.options[hanging.chosen]?.stages.map(({ name }) => name);
const step = (state: SessionState, by: 1 | -1) => reduce(state, { type: "step-stage", by }).state;

test("mammograms open four in a row, and the key goes through the stages and round", () => {
  const opened = initialState({ current, priors: [] }, false);
  assert.deepEqual(shown(opened), ["R CC", "L CC", "R MLO", "L MLO"]);
  const cc = step(opened, 1);
  assert.deepEqual(shown(cc), ["R CC", "L CC"]);
  assert.deepEqual(shown(step(cc, 1)), ["R MLO", "L MLO"]);
  assert.deepEqual(shown(step(opened, -1)), ["R MLO", "L MLO"], "back from the first is the last");
  assert.deepEqual(shown(step(step(step(opened, 1), 1), 1)), shown(opened));
});

test("a prior of the same patient hangs by its own stage; one in doubt by none, until the reader has confirmed it", () => {
  const names = (prior: StudyForViewing) => namesOf(initialState({ current, priors: [prior] }, false));
  assert.ok(names(mammograms("1.2"))?.includes("With prior"));
  assert.ok(!names(mammograms("1.2", { doubt: "It names another patient." }))?.includes("With prior"));
  const opened = initialState({ current, priors: [mammograms("1.2")] }, false);
  assert.deepEqual(shown(step(step(step(opened, 1), 1), 1)).slice(4), [
    "prior R CC",
    "prior L CC",
    "prior R MLO",
    "prior L MLO",
  ]);
});

test("undo brings back the stage before, with what was in its cells", () => {
  const opened = initialState({ current, priors: [] }, false);
  const back = reduce(step(opened, 1), { type: "undo" }).state;
  assert.deepEqual(shown(back), shown(opened));
  assert.equal(back.hanging?.stage, 0);
});

test("what arrives while the study is open is offered as a stage, and moves nothing that is shown", () => {
  const opened = initialState({ current, priors: [] }, false);
  const cc = step(opened, 1);
  const after = reduce(cc, { type: "studies", studies: { current, priors: [mammograms("1.2")] } }).state;
  assert.equal(namesOf(after)?.[after.hanging?.stage ?? -1], "CC");
  assert.ok(namesOf(after)?.includes("With prior"));
  assert.equal(after.cells, cc.cells);
});

test("the referring physician's page is hung by no protocol", () => {
  const opened = initialState({ current, priors: [], compact: true }, false);
  assert.equal(opened.hanging, null);
  assert.equal(shown(opened).length, 1);
});

test("the screen as the reader has arranged it is a protocol: opened again it hangs by that, and the built-in one can still be chosen", () => {
  const opened = initialState({ current, priors: [mammograms("1.2")] }, false);
  const mlo = step(step(opened, 1), 1);
  const stage = stageOfScreen(mlo, "MLO first");
  assert.ok(stage);
  const kept = { id: "mine", name: "Mine", stages: [stage], ...studiesOfScreen(mlo) };
  assert.deepEqual([kept.modalities, kept.regions], [["MG"], ["breast"]]);
  const again = initialState({ current, priors: [], protocols: [[kept], []] }, false);
  assert.deepEqual(shown(again), ["R MLO", "L MLO"]);
  assert.equal(again.cells.r1c1?.fit, "breast", "back to back as before");
  const builtIn = reduce(again, { type: "choose-protocol", chosen: 1, stage: 0 }).state;
  assert.deepEqual(shown(builtIn), ["R CC", "L CC", "R MLO", "L MLO"]);
});

test("a protocol that is kept while the study is open is offered, and the one in use stays", () => {
  const opened = initialState({ current, priors: [] }, false);
  const stage = stageOfScreen(opened, "All");
  assert.ok(stage);
  const protocols = [[{ id: "mine", name: "Mine", stages: [stage], ...studiesOfScreen(opened) }]];
  const after = reduce(opened, { type: "protocols", protocols }).state;
  assert.deepEqual(
    after.hanging?.options.map(({ protocol }) => protocol.name),
    ["Mine", "Mammography"],
  );
  assert.equal(after.hanging?.options[after.hanging.chosen]?.protocol.name, "Mammography");
  assert.equal(after.cells, opened.cells);
});
