import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInProtocols } from "./built-in.ts";
import { asking, moved, resized, withPlace, withWant } from "./edit.ts";
import { type Place, Protocol, type Stage } from "./protocol.ts";
import { placeInWords, wantInWords } from "./words.ts";

const place = (plane: "axial" | "coronal" | "sagittal", study = 0): Place => ({ study, wants: [{ plane: [plane] }] });
const stage: Stage = {
  name: "Planes",
  rows: 2,
  columns: 2,
  places: [place("axial"), place("coronal"), place("sagittal"), place("axial", 1)],
  fewest: 4,
};

test("more columns or fewer: each place stays in its row and column, and a stage can still be shown", () => {
  const wider = resized(stage, 2, 3);
  assert.deepEqual(
    wider.places.map(({ wants }) => wants[0]?.plane?.[0] ?? null),
    ["axial", "coronal", null, "sagittal", "axial", null],
  );
  const less = resized(stage, 1, 2);
  assert.deepEqual([less.places.length, less.fewest], [2, 2]);
  assert.deepEqual(resized(wider, 2, 2).places, stage.places, "there and back");
});

test("an alternative is added behind, changed and taken away; a place without any is empty", () => {
  const two = withWant(place("axial"), 1, {});
  assert.deepEqual(two.wants, [{ plane: ["axial"] }, {}]);
  const contrast = withWant(two, 0, asking(two.wants[0] ?? {}, "contrast", true));
  assert.deepEqual(contrast.wants[0], { plane: ["axial"], contrast: true });
  assert.deepEqual(asking({ plane: ["axial"], contrast: true }, "plane", undefined), { contrast: true });
  const none = withWant(withWant(two, 0, null), 0, null);
  assert.equal(withPlace(stage, 0, none).fewest, 3, "what is empty need not be answered");
});

test("a thing is moved up and down, and not over the ends", () => {
  assert.deepEqual(moved(["a", "b", "c"], 2, 0), ["c", "a", "b"]);
  assert.deepEqual(moved(["a", "b", "c"], 0, 1), ["b", "a", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], 0, -1), ["a", "b", "c"]);
});

test("what a place asks is said in plain words", () => {
  const said = "MR axial T1 or T2 fat-saturated after contrast";
  const want = {
    modality: ["MR"],
    plane: ["axial"],
    weighting: ["t1", "t2"],
    fatSaturated: true,
    contrast: true,
  } as const;
  assert.equal(wantInWords(want), said);
  assert.equal(wantInWords({ side: "R", view: ["CC"], picture: ["tomo"] }), "right CC tomosynthesis");
  assert.equal(
    placeInWords({ study: 1, wants: [{ plane: ["axial"], kernel: ["soft"] }, {}] }),
    "Prior: axial soft kernel, else any series",
  );
  assert.equal(placeInWords({ study: 0, wants: [{}], nth: 4 }), "Picture 5");
  assert.equal(placeInWords({ study: 0, wants: [{}], whole: true }), "Any series as a stack");
  assert.equal(placeInWords({ study: 0, wants: [] }), "Empty");
});

test("every built-in protocol can be copied as one's own, and each of its places is said without a code", () => {
  for (const { id: _id, ...protocol } of builtInProtocols) {
    assert.deepEqual(Protocol.parse(protocol), protocol, protocol.name);
    for (const each of protocol.stages.flatMap(({ places }) => places))
      assert.doesNotMatch(placeInWords(each), /undefined|_/);
  }
});
