import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ViewportReport } from "./actions.ts";
import type { CellId } from "./cell.ts";
import { after, beside, lung, open, started, viewportReport, withLoaded } from "./fixture.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";

/** One row for every report; one without does not compile. */
const reports: { [T in ViewportReport["type"]]: [says: string, check: () => void] } = {
  stacked: [
    "gives the number keys their windows",
    () => {
      const state = open();
      const { presets } =
        after(state, viewportReport(state, "r1c1", { type: "stacked", range: [0, 9] })).cells.r1c1 ?? {};
      assert.deepEqual(presets?.[1]?.name, "Lung");
    },
  ],
  painted: [
    "is told of once",
    () => {
      const state = open();
      const { state: next, effects } = reduce(state, viewportReport(state, "r1c1", { type: "painted" }));
      assert.deepEqual(effects, [{ type: "first-image", cell: "r1c1" }]);
      assert.deepEqual(reduce(next, viewportReport(next, "r1c1", { type: "painted" })).effects, []);
    },
  ],
  dragged: [
    "pages like the wheel, linked cells too",
    () => {
      const state = beside();
      const { cells } = after(state, viewportReport(state, "r1c2", { type: "dragged", images: 4 }));
      assert.deepEqual([cells.r1c1?.presentation.index, cells.r1c2?.presentation.index], [4, 4]);
    },
  ],
  turned: [
    "moves the loop alone",
    () => {
      const state = beside();
      const { cells } = after(state, viewportReport(state, "r1c2", { type: "turned", index: 4 }));
      assert.deepEqual([cells.r1c1?.presentation.index, cells.r1c2?.presentation.index], [0, 4]);
    },
  ],
  windowed: [
    "is kept for the stack, and for each image of a projection",
    () => {
      const window = { ...lung, shape: "LINEAR", lut: null } as const;
      const state = open();
      const ct = after(state, viewportReport(state, "r1c1", { type: "windowed", index: 3, window })).cells.r1c1
        ?.presentation;
      assert.deepEqual([ct?.window, ct?.windows], [window, {}]);
      const film = withLoaded(started(), "r1c1", { modality: "DX" });
      const dx = after(film, viewportReport(film, "r1c1", { type: "windowed", index: 3, window })).cells.r1c1
        ?.presentation;
      assert.deepEqual([dx?.window, dx?.windows], [null, { 3: window }]);
      const report = (each: SessionState, id: CellId, center: number) =>
        after(each, viewportReport(each, id, { type: "windowed", index: 3, window: { ...window, center } }));
      const centers = ({ cells }: SessionState) =>
        [cells.r1c1, cells.r1c2].map((cell) => cell?.presentation.window?.center);
      const both = report(report(after(beside(), { type: "activate", cell: "r1c1" }), "r1c1", 50), "r1c2", 50);
      assert.deepEqual(centers(report(both, "r1c1", 70)), [70, 70], "a prior that showed the same window follows");
      assert.deepEqual(centers(report(both, "r1c2", 90)), [50, 90], "not by a report of a cell that nobody works in");
      const own = report(report(both, "r1c2", 300), "r1c1", 70);
      assert.deepEqual(centers(own), [70, 300], "one that showed another keeps it");
      const unlinked = after(both, { type: "toggle-link" });
      assert.deepEqual(centers(report(unlinked, "r1c1", 70)), [70, 50]);
    },
  ],
  moved: [
    "is kept",
    () => {
      const camera = { zoom: 2, pan: [3, 4], rotation: 90, flipped: true } as const;
      const state = open();
      assert.equal(
        after(state, viewportReport(state, "r1c1", { type: "moved", camera })).cells.r1c1?.presentation.camera,
        camera,
      );
    },
  ],
};

describe("what a viewport tells", () => {
  for (const [type, [says, check]] of Object.entries(reports)) test(`${type} ${says}`, check);
});
