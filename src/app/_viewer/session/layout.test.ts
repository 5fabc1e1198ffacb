import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CellId } from "./cell.ts";
import { after, current, prior, seriesByCell, started, studyOf, viewportReport, withLoaded } from "./fixture.ts";
import { activeCell, cellIdsOf, cellsInView, currentCell, nameOfCell, priorCell } from "./places.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";

const five = { type: "set-layout", rows: 5, columns: 5 } as const;
const one = { type: "set-layout", rows: 1, columns: 1 } as const;
const bone = { center: 400, width: 1800, shape: "LINEAR", lut: null } as const;

/** Twenty-five cells, each in a different state: position in the stack, window, camera, polarity, loop. */
function busy(): SessionState {
  let state = withLoaded(started(), "r1c1");
  state = after(state, five);
  for (const [i, id] of cellIdsOf(five).entries()) {
    const study = i % 3 === 2 ? prior : current;
    const series = study.series[i % 2];
    if (!series) throw new Error("no series");
    state = withLoaded(after(state, { type: "put", cell: id, study, series }), id);
    state = after(
      state,
      { type: "scroll", cell: id, images: i % 20, alone: true },
      viewportReport(state, id, { type: "windowed", index: i % 20, window: { ...bone, center: i } }),
      viewportReport(state, id, {
        type: "moved",
        camera: { zoom: 1 + i, pan: [i, -i], rotation: 90, flipped: i % 2 === 0 },
      }),
      ...(i % 4 === 0 ? [{ type: "invert" } as const] : []),
    );
  }
  return after(state, { type: "activate", cell: "r4c2" });
}

/**
 * Asserts that two states show the same. Cells are compared one by one, because a diff of whole states is too long to
 * read.
 */
function assertSame(now: SessionState, before: SessionState): void {
  for (const id of cellIdsOf(five)) assert.ok(now.cells[id] === before.cells[id], `${id} is as it was`);
  const arranged = ({ layout, active, maximized, links, tool }: SessionState) => ({
    layout,
    active,
    maximized,
    links,
    tool,
  });
  assert.deepEqual(arranged(now), arranged(before));
}

describe("a layout of cells", () => {
  test("loses nothing when it shrinks: 5×5, 1×1 and 5×5 again is the same state, cell by cell", () => {
    const before = busy();
    assert.equal(Object.keys(before.cells).length, 25);
    const small = after(before, one);
    assert.deepEqual(cellsInView(small), ["r1c1"]);
    assert.equal(activeCell(small), "r1c1", "keys mean a cell that is seen");
    assertSame(after(small, five), before);
    assert.equal(activeCell(after(small, five)), "r4c2");
  });

  test("loses nothing by what is done meanwhile in another cell", () => {
    const before = busy();
    const after25 = after(
      before,
      one,
      { type: "scroll", cell: "r1c1", images: 3, alone: true },
      { type: "preset", key: "3" },
      five,
    );
    for (const id of cellIdsOf(five))
      if (id !== "r1c1") assert.ok(after25.cells[id] === before.cells[id], `${id} is as it was`);
    assert.equal(after25.cells.r1c1?.presentation.index, 3);
  });

  test("keeps every cell in its place, whatever the layout", () => {
    const before = busy();
    for (const [rows, columns] of [
      [2, 2],
      [1, 5],
      [5, 1],
      [3, 4],
    ] as const) {
      const state = after(before, { type: "set-layout", rows, columns });
      const places = cellIdsOf(state.layout);
      assert.equal(places.length, rows * columns);
      for (const id of places) assert.ok(state.cells[id] === before.cells[id], `${id} is as it was`);
    }
  });

  test("is never less than one cell nor more than five by five", () => {
    const layoutOf = (rows: number, columns: number) => after(started(), { type: "set-layout", rows, columns }).layout;
    assert.deepEqual(layoutOf(0, -3), { rows: 1, columns: 1 });
    assert.deepEqual(layoutOf(9, 6.7), { rows: 5, columns: 5 });
  });

  test("fills cells that were never used with the series of the current study that nobody shows, in their order", () => {
    const state = after(started(), { type: "set-layout", rows: 2, columns: 2 });
    assert.deepEqual(seriesByCell(state), { r1c1: "1.1.1", r1c2: "1.1.2", r2c1: "1.1.3" });
    const put = { type: "put", cell: "r1c2", study: prior, series: prior.series[0] } as const;
    const other = after(started(), { type: "set-layout", rows: 1, columns: 2 }, put as never, one, five);
    assert.equal(other.cells.r1c2?.source.series, "1.2.1", "what was put there by hand stays");
  });

  test("the active cell has the room of all, and gives it back", () => {
    const state = after(busy(), { type: "toggle-maximized" });
    assert.deepEqual(cellsInView(state), ["r4c2"]);
    assert.equal(cellsInView(after(state, { type: "toggle-maximized" })).length, 25);
    assert.deepEqual(cellsInView(after(busy(), { type: "toggle-maximized", cell: "r2c3" })), ["r2c3"]);
    assert.deepEqual(cellsInView(after(state, { type: "next-cell", by: 1 })), ["r4c3"], "the next one takes its turn");
    assert.equal(after(started(), { type: "toggle-maximized" }).maximized, false, "one cell is alone anyway");
  });

  test("tests from outside find the active cell of the current study, and the first of the prior", () => {
    const names = (state: SessionState) =>
      Object.fromEntries(["r1c1", "r1c2", "r1c3"].map((id) => [id, nameOfCell(state, id as CellId)]));
    const state = after(busy(), { type: "activate", cell: "r1c2" });
    assert.deepEqual(names(state), { r1c1: "r1c1", r1c2: "current", r1c3: "prior" });
    const onPrior = after(state, { type: "activate", cell: "r2c1" });
    assert.equal(currentCell(onPrior), "r1c2", "the one last worked in");
    assert.equal(priorCell(onPrior), "r1c3");
  });

  test("an undo brings the arrangement before back, with what its cells showed", () => {
    const before = withLoaded(started(), "r1c1");
    const changed = after(
      before,
      { type: "set-layout", rows: 2, columns: 2 },
      { type: "open", study: current, series: current.series[2] as never },
    );
    assert.notDeepEqual(seriesByCell(changed), seriesByCell(before));
    const back = after(changed, { type: "undo" }, { type: "undo" });
    assertSame(back, before);
    assert.ok(after(back, { type: "undo" }).cells === back.cells, "before the first there is nothing");
  });

  test("scrolling is no arrangement: an undo does not go through every image", () => {
    const state = withLoaded(started(), "r1c1");
    const scrolled = after(state, { type: "scroll", cell: "r1c1", images: 1 });
    assert.equal(scrolled.past.length, 0);
  });

  test("a study that leaves the page leaves its cells, and pictures that come late are hung", () => {
    const state = after(started(), { type: "toggle-prior" });
    assert.equal(state.cells.r1c2?.source.series, "1.2.2");
    const gone = after(state, { type: "studies", studies: { current, priors: [] } });
    assert.equal(gone.cells.r1c2, undefined);
    assert.ok(gone.cells.r1c1 === state.cells.r1c1, "the other is untouched");
    const bare = studyOf("1.1", []);
    const waiting = started({ current: bare, priors: [] });
    assert.match(waiting.cells.r1c1?.problem?.message ?? "", /No images have arrived/);
    const come = after(waiting, { type: "studies", studies: { current, priors: [] } });
    assert.equal(come.cells.r1c1?.source.series, "1.1.1");
    assert.equal(come.cells.r1c1?.problem, null);
  });

  test("an effect is left for nothing but what is no data", () => {
    assert.deepEqual(reduce(busy(), one).effects, []);
  });
});
