import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { areaIn, type ColumnSpace, layOut } from "./column-layout.ts";

const columns: ColumnSpace[] = [
  { id: "exam", min: 7, needs: 14, grow: 1 },
  { id: "facility", min: 6, needs: 9, grow: 0, below: "exam" },
  { id: "date", min: 5, needs: 5, grow: 0 },
  { id: "time", min: 3, needs: 3, grow: 0, below: "date" },
  { id: "reader", min: 6, needs: 8, grow: 0, spare: 1 },
];

test("where there is room, each column stands by itself and nothing is cut", () => {
  const { template, areas, stacked } = layOut(columns, 80);
  assert.equal(template, "minmax(14rem, 1fr) 9rem 5rem 3rem 8rem");
  assert.equal(stacked.size, 0);
  assert.equal(areas.time, "1 / 4 / 3");
});

test("where there is less, a spare column goes, then columns stand below others, and what they tell stays", () => {
  assert.deepEqual(Object.keys(layOut(columns, 26).areas), ["exam", "facility", "date", "time"]);
  const narrow = layOut(columns, 25);
  assert.deepEqual([...narrow.stacked], ["facility"]);
  assert.equal(narrow.areas.exam, "1 / 1 / 2");
  assert.equal(narrow.areas.facility, "2 / 1 / 3");
  assert.deepEqual([...layOut(columns, 22).stacked], ["facility", "time"]);
});

test("a chosen width is had as long as the others keep what they cannot do without, and is drawn as CSS does", () => {
  const chosen = columns.map((column) => (column.id === "facility" ? { ...column, chosen: 20 } : column));
  assert.equal(layOut(chosen, 80).widths.facility, 20);
  assert.equal(layOut(chosen, 80).widths.exam, 80 - 1.5 - 4 * 0.5 - 20 - 5 - 3 - 8);
  const little = layOut(chosen, 34).widths;
  assert.ok((little.facility ?? 0) > 6 && (little.facility ?? 0) < 20);
  assert.deepEqual([little.exam, little.reader, little.date], [7, undefined, 5]);
  assert.deepEqual(layOut(chosen, 34).areas, layOut(columns, 34).areas, "nothing goes to another line under the hand");
  const small = columns.map((column) => (column.id === "exam" ? { ...column, chosen: 3 } : column));
  assert.equal(layOut(small, 80).widths.exam, 3);
});

test("two columns share the line below a third, one at its end", () => {
  const both = [...columns, { id: "sex", min: 3, needs: 3, grow: 0, below: "exam", end: true }];
  const { areas, stacked } = layOut(both, 17);
  assert.deepEqual([areas.facility, areas.sex], ["2 / 1 / 3", "2 / 1 / 3"]);
  assert.ok(stacked.has("sex"));
});

test("a cell has its row's whole height where nothing stands below it there", () => {
  const narrow = layOut(columns, 25);
  assert.equal(
    areaIn(narrow, "exam", () => true),
    "1 / 1 / 2",
  );
  assert.equal(
    areaIn(narrow, "exam", () => false),
    "1 / 1 / 3",
  );
  assert.equal(
    areaIn(narrow, "facility", () => false),
    "2 / 1 / 3",
  );
  assert.equal(
    areaIn(narrow, "date", () => false),
    areaIn(narrow, "date", () => true),
  );
  assert.equal(
    areaIn(narrow, "reader", () => true),
    undefined,
    "a spare column without room",
  );
});

test("at any width no two columns stand in the same place, and all but the spare ones are shown", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 200 }), (width) => {
      const { areas, template } = layOut(columns, width);
      assert.equal(new Set(Object.values(areas)).size, Object.keys(areas).length);
      for (const id of ["exam", "facility", "date", "time"]) assert.ok(areas[id], id);
      const sum = [...template.matchAll(/([\d.]+)rem/g)].reduce((all, [, rem]) => all + Number(rem), 0);
      if (width >= 16) assert.ok(sum <= width, `${sum} of ${width}`);
    }),
  );
});
