import assert from "node:assert/strict";
import { test } from "node:test";
import { after, current, open, viewportReport, withLoaded } from "./fixture.ts";
import { presentationsOf } from "./kept.ts";

const series = current.series[0]!.seriesInstanceUid;
const image = {
  studyInstanceUid: current.studyInstanceUid,
  seriesInstanceUid: series,
  sopInstanceUid: `${series}.1`,
  sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
  frameNumber: 1,
};
const lung = { center: -600, width: 1500, shape: "LINEAR" as const };
const camera = { zoom: 3, pan: [10, -20] as [number, number], rotation: 90, flipped: true };
const looked = [{ image, window: lung, windows: [], inverted: true, camera }];
const shown = (state: ReturnType<typeof open>) => {
  const { window, inverted, camera } = state.cells.r1c1!.presentation;
  return { window, inverted, camera };
};
const asKept = { window: { ...lung, lut: null }, inverted: true, camera };

test("what a reader left is what he finds: window, polarity, zoom, pan, rotation and flip", () => {
  const again = after(open(), { type: "kept", looked });
  assert.deepEqual(shown(again), asKept);
  const [kept] = presentationsOf(again, []);
  assert.deepEqual({ ...kept, image: null }, { ...looked[0], image: null });
});

test("a series that is not open yet is shown so when it is opened, and only the first time", () => {
  const waiting = after(
    open(),
    { type: "kept", looked: [] },
    { type: "open", study: current, series: current.series[1]! },
  );
  const kept = after(waiting, { type: "kept", looked });
  assert.deepEqual(kept.looked, looked);
  assert.deepEqual(presentationsOf(kept, looked), looked, "what has not been opened stays kept");
  const opened = withLoaded(after(kept, { type: "open", study: current, series: current.series[0]! }), "r1c1");
  assert.deepEqual(shown(opened), asKept);
  const away = withLoaded(
    after(opened, { type: "reset" }, { type: "open", study: current, series: current.series[1]! }),
    "r1c1",
  );
  const back = withLoaded(after(away, { type: "open", study: current, series: current.series[0]! }), "r1c1");
  assert.equal(shown(back).window, null);
});

test("what the reader has changed before the server answered stays as he set it", () => {
  const own = { ...lung, center: 40, width: 400, lut: null };
  const state = open();
  const touched = after(state, viewportReport(state, "r1c1", { type: "windowed", index: 0, window: own }));
  assert.deepEqual(shown(after(touched, { type: "kept", looked })), { window: own, inverted: false, camera: null });
});

test("what looks as it was sent is not kept, and a window that is a table of the image comes with the image again", () => {
  assert.deepEqual(presentationsOf(open(), looked), []);
  const table = { center: 5, width: 9, shape: "LINEAR_EXACT" as const, lut: { first: 0, values: [0, 1] } as never };
  const state = open();
  const windowed = after(state, viewportReport(state, "r1c1", { type: "windowed", index: 0, window: table }));
  assert.deepEqual(presentationsOf(windowed, []), []);
});
