import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { seriesFacts } from "@overread/shared/hanging/facts";
import { seriesContent } from "../frames.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { SeriesForViewing } from "../types.ts";
import type { CellId } from "./cell.ts";
import { fitOf, isMirrored } from "./fit.ts";
import { studyOf } from "./fixture.ts";
import { initialState } from "./initial-state.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";

type Breast = {
  side: string;
  orientation: string;
  columns?: number;
  spacing?: number;
  more?: Record<string, unknown[]>;
};

/** A mammography of the CC views of both sides, opened, with the headers of its pictures. */
function opened(right: Breast, left: Breast): SessionState {
  const breasts = [right, left];
  const plain = studyOf("1.1", [
    { modality: "MG", slices: 1 },
    { modality: "MG", slices: 1 },
  ]);
  const headers = breasts.map(
    ({ side, orientation, columns = 2000, spacing = 0.1, more = {} }, n): Attributes =>
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
          ...more,
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
  assert.deepEqual(fitOf(state, "r1c1"), { wall: "right", flipped: false, room, note: null });
  assert.deepEqual(fitOf(state, "r1c2"), { wall: "left", flipped: false, room, note: null });
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

test("of two detectors each is shown as large as the breast is: by what the detector measured and by how far the breast lay above it", () => {
  // Right: 2000 × 0.1 mm at the detector, magnified 1.25: 160 mm in the breast. Left: 3000 × 0.07 mm in the patient: 210 mm.
  const state = opened(
    { side: "R", orientation: "P", more: { [Tag.EstimatedRadiographicMagnificationFactor]: [1.25] } },
    {
      side: "L",
      orientation: "A",
      columns: 3000,
      more: { [Tag.ImagerPixelSpacing]: [0.08, 0.08], [Tag.PixelSpacing]: [0.07, 0.07] },
    },
  );
  const [right, left] = [fitOf(state, "r1c1")?.room, fitOf(state, "r1c2")?.room];
  // In millimetres of the breast the room is 210 wide and, of 2400 rows, 240 / 1.25 = 192 high at most.
  assert.deepEqual(left && [left.width, left.height].map((mm) => Math.round(mm * 1000)), [210_000, 192_000]);
  assert.deepEqual(right && [right.width, right.height].map((mm) => Math.round(mm * 1000)), [262_500, 240_000]);
});

test("one without any scale is not counted among those of one scale", () => {
  const state = opened(
    { side: "R", orientation: "P", more: { [Tag.ImagerPixelSpacing]: [] } },
    { side: "L", orientation: "A" },
  );
  assert.deepEqual(fitOf(state, "r1c2")?.room, { width: 200, height: 240 });
});

test("a picture that is turned says that it is mirrored; one with writing in its pixels is not turned, and says so", () => {
  const state = opened(
    { side: "R", orientation: "A", more: { [Tag.BurnedInAnnotation]: ["YES"] } },
    { side: "L", orientation: "P", more: { [Tag.BurnedInAnnotation]: ["NO"] } },
  );
  const right = fitOf(state, "r1c1");
  assert.deepEqual([right?.flipped, right?.wall, right?.note], [false, "left", "not turned: has writing in it"]);
  assert.deepEqual([isMirrored(state, "r1c1"), isMirrored(state, "r1c2")], [false, true]);
});
