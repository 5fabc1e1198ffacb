import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Vec3 } from "../vectors.ts";
import { after, lung, open, started, viewportReport, withLoaded } from "./fixture.ts";
import { activate } from "./hang.ts";
import { crossIn } from "./planes.ts";
import type { SessionState } from "./state.ts";

// 20 axial slices of 8 × 8 pixels of 1 mm, 5 mm apart, from the origin.
const planes = () => after(open(), { type: "go", cell: "r1c1", index: 4 }, { type: "toggle-planes" });
const places = ["r1c1", "r1c2", "r2c1", "r2c2"] as const;
const alongs = (state: SessionState) =>
  places.map((id) => {
    const cell = state.cells[id];
    return cell?.loaded?.frames[cell.presentation.index]?.alongNormal;
  });
const near = (seen: readonly (number | null | undefined)[], wanted: readonly number[]) =>
  assert.ok(
    seen.every((value, i) => Math.abs((value ?? Number.NaN) - (wanted[i] ?? Number.NaN)) < 1e-6),
    `${seen}`,
  );

describe("the planes of a series", () => {
  test("lie beside it, through the middle of the image that was shown", () => {
    const state = planes();
    assert.deepEqual(state.layout, { rows: 2, columns: 2 });
    // Axial at 20 mm; coronal and sagittal (whose normal is to the right) at the voxel nearest to 3.5 mm.
    const [axial, coronal, sagittal, stack] = alongs(state);
    near([axial, stack], [20, 20]);
    near([Math.abs((coronal ?? 0) - 3.5), Math.abs((sagittal ?? 0) + 3.5)], [0.5, 0.5]);
  });

  test("give the screen back as it was", () => {
    const before = after(open(), { type: "go", cell: "r1c1", index: 4 });
    const back = after(before, { type: "toggle-planes" }, { type: "toggle-planes" });
    assert.deepEqual([back.layout, back.cells], [before.layout, before.cells]);
    const undone = after(before, { type: "toggle-planes" }, { type: "undo" });
    assert.deepEqual(undone.cells, before.cells);
    assert.equal(after(undone, { type: "toggle-planes" }).cells.r1c1?.kind, "plane", "and can be shown again");
  });

  test("page the cross-hair, the stack goes along, and a moved cross-hair pages them", () => {
    const paged = after(planes(), { type: "scroll", cell: "r1c1", images: 2 });
    near([crossIn(paged, "r1c2")?.[2], ...alongs(paged).slice(3)], [30, 30]);
    const at: Vec3 = [2, 6, 55];
    near(alongs(after(paged, { type: "cross", cell: "r1c2", at })), [55, 6, -2, 55]);
  });

  test("turn with the cross-hair about the cell that it is turned in, and go on through its middle", () => {
    const turned = after(planes(), { type: "turn-planes", cell: "r1c1", degrees: 90 });
    const directions = places.slice(0, 3).map((id) => turned.cells[id]?.plane?.right.map(Math.round));
    // Clockwise on the axial screen, right goes to the back and the back goes to the right.
    assert.deepEqual(directions, [
      [1, 0, 0],
      [0, 1, 0],
      [-1, 0, 0],
    ]);
    assert.deepEqual(
      places.slice(0, 3).map((id) => turned.cells[id]?.plane?.name),
      ["axial", "oblique", "oblique"],
    );
    const double = after(turned, { type: "turn-planes", cell: "r1c2", degrees: 30 });
    const { right, down } = double.cells.r1c1?.plane ?? { right: [0, 0, 0], down: [0, 0, 0] };
    near(
      [Math.hypot(...right), Math.hypot(...down), right.reduce((sum, value, i) => sum + value * (down[i] ?? 0), 0)],
      [1, 1, 0],
    );
  });

  test("become thick, and another plane, with window and cross-hair as they were", () => {
    const slab = { kind: "mip", mm: 12 } as const;
    const begun = planes();
    const windowed = { type: "windowed", index: 4, window: { ...lung, shape: "LINEAR", lut: null } } as const;
    const state = after(begun, viewportReport(begun, "r1c1", windowed), { type: "set-plane", cell: "r1c1", slab });
    const thick = after(state, { type: "set-plane", cell: "r1c1", name: "coronal" });
    assert.deepEqual(thick.cells.r1c1?.plane?.slab, slab);
    assert.equal(thick.cells.r1c1?.loaded?.frames[0]?.reformat?.words, "coronal MIP 12 mm");
    assert.equal(thick.cells.r1c1?.presentation.window?.center, -600);
    near(alongs(thick).slice(0, 1), [alongs(thick)[1] ?? 0]);
  });

  test("are refused in words while the stack stays: too few images, too little memory", () => {
    for (const [state, why] of [
      [withLoaded(started(), "r1c1", { slices: 2 }), /it has 2 images only.*read as a stack/],
      [{ ...open(), volumeBytes: 1000 }, /1 MB of memory.*read as a stack/],
    ] as const) {
      const asked = after(activate(state, "r1c1"), { type: "toggle-planes" });
      assert.equal(asked.cells, state.cells);
      assert.match(asked.marked?.message ?? "", why);
    }
  });

  test("asked for by a protocol that cannot be made leave the stack, and say why", () => {
    const state = started();
    const { r1c1 } = state.cells;
    assert.ok(r1c1);
    const plane = { name: "coronal", right: [1, 0, 0], down: [0, 0, -1], slab: null } as const;
    const asking: SessionState = {
      ...state,
      cells: { r1c1: { ...r1c1, kind: "plane", plane: { ...plane, right: [1, 0, 0], down: [0, 0, -1] } } },
    };
    assert.equal(withLoaded(asking, "r1c1").cells.r1c1?.loaded?.frames.length, 8);
    const refused = withLoaded(asking, "r1c1", { slices: 2 }).cells.r1c1;
    assert.equal(refused?.kind, "stack");
    assert.match(refused?.loaded?.warnings[0] ?? "", /No planes/);
  });
});
