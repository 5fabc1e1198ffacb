import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { seriesFacts } from "@overread/shared/hanging/facts";
import { seriesContent } from "../frames.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { SeriesForViewing } from "../types.ts";
import type { CellId } from "./cell.ts";
import { fitOf } from "./fit.ts";
import { studyOf } from "./fixture.ts";
import { initialState } from "./initial-state.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";

type Breast = { side: string; orientation: string; columns?: number; spacing?: number };

/** A mammography of the CC views of both sides, opened, with the headers of its pictures. */
function opened(right: Breast, left: Breast): SessionState {
  const breasts = [right, left];
  const plain = studyOf("1.1", [
    { modality: "MG", slices: 1 },
    { modality: "MG", slices: 1 },
  ]);
  const headers = breasts.map(
    ({ side, orientation, columns = 2000, spacing = 0.1 }, n): Attributes =>
      Object.fromEntries(
        Object.entries({
          [Tag.SOPInstanceUID]: [`1.1.${n + 1}.1`],
          [Tag.SeriesInstanceUID]: [`1.1.${n + 1}`],
          [Tag.Modality]: ["MG"],
          [Tag.ImageLaterality]: [side],
          [Tag.ViewPosition]: ["CC"],
          [Tag.PatientOrientation]: [orientation, "L"],
          [Tag.ImagerPixelSpacing]: [spacing, spacing],
          [Tag.Rows]: [2400],
          [Tag.Columns]: [columns],
        }).map(([tag, Value]) => [tag, { Value }]),
      ),
  );
  const series = plain.series.map(
    (each, n): SeriesForViewing => ({
      ...each,
      facts: seriesFacts({ modality: "MG", description: "" }, [headers[n] as Attributes]),
    }),
  );
  const study = { ...plain, regions: ["breast"], series };
  return (["r1c1", "r1c2"] as CellId[]).reduce(
    (state, id) => {
      const source = state.cells[id]?.source;
      const n = series.findIndex(({ seriesInstanceUid }) => seriesInstanceUid === source?.series);
      assert.ok(source && n >= 0);
      const { frames } = seriesContent("https://portal.example/dicomweb/lakeside", "1.1", [headers[n] as Attributes]);
      const loaded: LoadedSeries = {
        study,
        series: series[n] as SeriesForViewing,
        modality: "MG",
        frames,
        others: [],
        patientName: null,
        patientId: null,
        warnings: [],
      };
      return reduce(state, { type: "loaded", cell: id, source, loaded, opening: null }).state;
    },
    initialState({ current: study, priors: [] }, false),
  );
}

test("right and left stand back to back, of one scale also where one was sent from a smaller detector", () => {
  const state = opened({ side: "R", orientation: "P" }, { side: "L", orientation: "A", columns: 3000 });
  const room = { width: 300, height: 240 };
  assert.deepEqual(fitOf(state, "r1c1"), { wall: "right", flipped: false, room });
  assert.deepEqual(fitOf(state, "r1c2"), { wall: "left", flipped: false, room });
});

test("a picture that was sent the other way round is turned, by Patient Orientation", () => {
  const state = opened({ side: "R", orientation: "AR" }, { side: "L", orientation: "PL" });
  assert.deepEqual([fitOf(state, "r1c1")?.flipped, fitOf(state, "r1c2")?.flipped], [true, true]);
});

test("where the orientation is not said nothing is claimed: the picture stands whole in the middle", () => {
  const state = opened({ side: "R", orientation: "" }, { side: "L", orientation: "A" });
  assert.equal(fitOf(state, "r1c1"), null);
  assert.equal(fitOf(state, "r1c2")?.wall, "left");
});

test("a series that a reader puts into the cell is not moved to an edge", () => {
  const state = opened({ side: "R", orientation: "P" }, { side: "L", orientation: "A" });
  const { current } = state.studies;
  const put = reduce(state, { type: "put", cell: "r1c1", study: current, series: current.series[1]! }).state;
  assert.equal(fitOf(put, "r1c1"), null);
});
