import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeriesForViewing } from "../types.ts";
import { ViewerError } from "../viewer-error.ts";
import type { Action } from "./actions.ts";
import {
  after,
  beside,
  current,
  doubtful,
  loadedOf,
  lung,
  open,
  prior,
  seriesByCell,
  started,
  studyOf,
  viewportReport,
  withLoaded,
} from "./fixture.ts";
import { activeLinkKind, movedOf } from "./links.ts";
import { activeCell, cellsInView, priorCell } from "./places.ts";
import { reduce } from "./reduce.ts";

const seriesOf = (study: typeof current, place: number) => study.series[place] as SeriesForViewing;
const windowOf = (state: ReturnType<typeof open>, id: "r1c1" | "r1c2" | "r1c3") => {
  const window = state.cells[id]?.presentation.window;
  return window && { center: window.center, width: window.width };
};
const imageOf = (study: typeof current, place: number, number: number) => ({
  seriesInstanceUid: seriesOf(study, place).seriesInstanceUid,
  sopInstanceUid: `${seriesOf(study, place).seriesInstanceUid}.${number}`,
  frameNumber: 1,
});
const problem = new ViewerError("unreachable", "The archive does not answer.");

/** One row for every action: an action without one does not compile. */
const table: { [T in Action["type"]]: [says: string, check: () => void] } = {
  "set-layout": [
    "lays out rows and columns",
    () => assert.equal(cellsInView(after(open(), { type: "set-layout", rows: 2, columns: 3 })).length, 6),
  ],
  "step-stage": [
    "leaves everything where no protocol fits the study; the stages are in `stages.test.ts`",
    () => {
      const state = open();
      assert.equal(after(state, { type: "step-stage", by: 1 }).cells, state.cells);
    },
  ],
  "choose-protocol": [
    "leaves everything where no protocol fits the study",
    () => {
      const state = open();
      assert.equal(after(state, { type: "choose-protocol", chosen: 0, stage: 0 }).cells, state.cells);
    },
  ],
  "toggle-maximized": [
    "gives the active cell the room of all",
    () => assert.deepEqual(cellsInView(after(beside(), { type: "toggle-maximized", cell: "r1c2" })), ["r1c2"]),
  ],
  activate: [
    "makes a cell the one that keys mean",
    () => assert.equal(activeCell(after(beside(), { type: "activate", cell: "r1c2" })), "r1c2"),
  ],
  "next-cell": [
    "goes round the cells that show something, either way",
    () => {
      const state = after(beside(), { type: "set-layout", rows: 2, columns: 2 }, { type: "activate", cell: "r1c1" });
      const steps = [1, 1, 1, -1] as const;
      const places = steps.map((_, i) =>
        activeCell(after(state, ...steps.slice(0, i + 1).map((by) => ({ type: "next-cell", by }) as const))),
      );
      assert.deepEqual(places, ["r1c2", "r2c1", "r2c2", "r2c1"]);
      const wide = after(beside(), { type: "set-layout", rows: 3, columns: 3 }, { type: "activate", cell: "r1c1" });
      const round = Array.from({ length: 5 }, (_, i) =>
        activeCell(after(wide, ...Array.from({ length: i + 1 }, () => ({ type: "next-cell", by: 1 }) as const))),
      );
      assert.deepEqual(
        round,
        ["r1c2", "r1c3", "r2c1", "r2c2", "r1c1"],
        "of the five empty cells the first, to be filled",
      );
    },
  ],
  open: [
    "puts a series into the active cell; beside the current study where it is a prior's, and to its own side in a layout of two",
    () => {
      const one = after(open(), { type: "open", study: current, series: seriesOf(current, 1) });
      assert.deepEqual(seriesByCell(one), { r1c1: "1.1.2" });
      const two = after(open(), { type: "open", study: prior, series: seriesOf(prior, 0) });
      assert.deepEqual(seriesByCell(two), { r1c1: "1.1.1", r1c2: "1.2.1" });
      assert.equal(activeCell(two), "r1c2");
      const back = after(two, { type: "open", study: current, series: seriesOf(current, 2) });
      assert.deepEqual(seriesByCell(back), { r1c1: "1.1.3", r1c2: "1.2.1" });
      const grid = after(two, { type: "set-layout", rows: 2, columns: 2 }, { type: "activate", cell: "r1c2" });
      const four = after(grid, { type: "open", study: current, series: seriesOf(current, 2) });
      assert.equal(four.cells.r1c2?.source.series, "1.1.3", "in a larger layout the active cell takes anything");
    },
  ],
  put: [
    "puts a series, or some images of it, into a cell",
    () => {
      const state = after(open(), { type: "set-layout", rows: 2, columns: 2 });
      const frames = ["1.1.2.3", "1.1.2.5"];
      const put = after(state, { type: "put", cell: "r2c2", study: current, series: seriesOf(current, 1), frames });
      assert.equal(activeCell(put), "r2c2");
      const cell = withLoaded(put, "r2c2").cells.r2c2;
      assert.deepEqual(
        cell?.loaded?.frames.map(({ sopInstanceUid }) => sopInstanceUid),
        frames,
      );
    },
  ],
  "step-series": [
    "goes to the series before or after, and stays at the ends",
    () => {
      const next = after(open(), { type: "step-series", by: 1 });
      assert.deepEqual(seriesByCell(next), { r1c1: "1.1.2" });
      assert.deepEqual(seriesByCell(after(open(), { type: "step-series", by: -1 })), { r1c1: "1.1.1" });
      const wide = after(open(), { type: "set-layout", rows: 2, columns: 2 }, { type: "activate", cell: "r2c2" });
      assert.equal(wide.cells.r2c2, undefined);
      for (const [by, series] of [
        [1, "1.1.1"],
        [-1, "1.1.3"],
      ] as const)
        assert.equal(
          after(wide, { type: "step-series", by }).cells.r2c2?.source.series,
          series,
          "an empty cell is filled",
        );
    },
  ],
  "toggle-planes": [
    "shows the planes of the active cell's series beside it; more is in `planes.test.ts`",
    () => {
      const state = after(open(), { type: "toggle-planes" });
      assert.deepEqual(
        Object.values(state.cells)
          .map((cell) => cell?.kind)
          .sort(),
        ["plane", "plane", "plane", "stack"],
      );
    },
  ],
  "set-plane": [
    "leaves a stack as it is",
    () => {
      const state = open();
      assert.equal(after(state, { type: "set-plane", cell: "r1c1", name: "coronal" }).cells, state.cells);
    },
  ],
  "turn-planes": [
    "leaves a stack as it is",
    () => {
      const state = open();
      assert.equal(after(state, { type: "turn-planes", cell: "r1c1", degrees: 5 }).cells, state.cells);
    },
  ],
  cross: [
    "leaves a stack as it is",
    () => {
      const state = open();
      assert.equal(after(state, { type: "cross", cell: "r1c1", at: [0, 0, 0] }).cells, state.cells);
    },
  ],
  "toggle-prior": [
    "hangs the prior beside with the series that matches, and takes it off again",
    () => {
      assert.deepEqual(seriesByCell(beside()), { r1c1: "1.1.1", r1c2: "1.2.2" });
      assert.deepEqual(beside().layout, { rows: 1, columns: 2 });
      const off = after(beside(), { type: "toggle-prior" });
      assert.deepEqual([off.layout, seriesByCell(off)], [{ rows: 1, columns: 1 }, { r1c1: "1.1.1" }]);
      const full = after(open(), { type: "set-layout", rows: 1, columns: 3 }, { type: "toggle-prior" });
      assert.equal(priorCell(full), "r1c2", "where all are full it is the one after the active");
    },
  ],
  "choose-prior": [
    "hangs a prior in a cell",
    () => {
      const other = studyOf("1.4", [{ description: "Bone" }, { description: "Soft" }]);
      const state = after(started({ priors: [prior, other] }), { type: "toggle-prior" });
      const chosen = after(state, { type: "choose-prior", study: other, cell: "r1c2" });
      assert.equal(chosen.cells.r1c2?.source.series, "1.4.2");
    },
  ],
  answer: [
    "is about nothing where nothing is asked",
    () => assert.deepEqual(reduce(open(), { type: "answer", yes: true }).effects, []),
  ],
  accepted: [
    "shows what waited for it",
    () => {
      const pending = { type: "choose-prior", study: doubtful } as const;
      const state = after(open(), pending, { type: "accepted", study: doubtful, pending });
      assert.equal(state.cells.r1c2?.source.series, "1.3.1");
    },
  ],
  "not-accepted": [
    "asks again",
    () => {
      const pending = { type: "choose-prior", study: doubtful } as const;
      assert.equal(after(open(), { type: "not-accepted", study: doubtful, pending }).question?.pending, pending);
    },
  ],
  "open-document": [
    "shows a document beside the images, which stay",
    () => {
      const state = after(open(), { type: "open-document", study: current, series: seriesOf(current, 2) });
      assert.equal(state.document?.series.seriesInstanceUid, "1.1.3");
      assert.deepEqual(seriesByCell(state), { r1c1: "1.1.1" });
    },
  ],
  "close-document": [
    "takes it away",
    () => {
      const shown = after(open(), { type: "open-document", study: current, series: seriesOf(current, 2) });
      assert.equal(after(shown, { type: "close-document" }).document, null);
    },
  ],
  scroll: [
    "goes on within the series, the linked cells with it, or alone",
    () => {
      const both = after(beside(), { type: "scroll", cell: "r1c1", images: 3 });
      assert.deepEqual([both.cells.r1c1?.presentation.index, both.cells.r1c2?.presentation.index], [3, 3]);
      const alone = after(both, { type: "scroll", cell: "r1c1", images: 2, alone: true });
      assert.deepEqual([alone.cells.r1c1?.presentation.index, alone.cells.r1c2?.presentation.index], [5, 3]);
      const again = after(alone, { type: "scroll", cell: "r1c2", images: 1 });
      assert.deepEqual(
        [again.cells.r1c1?.presentation.index, again.cells.r1c2?.presentation.index],
        [6, 4],
        "linked as they stood",
      );
      const lay = { type: "set-layout", rows: 1, columns: 2 } as const;
      const two = withLoaded(after(open(), lay), "r1c2");
      const same = after(two, { type: "go", cell: "r1c2", index: 6 });
      assert.equal(same.cells.r1c1?.presentation.index, 6, "one coordinate of one study is one place");
      const apart = after(same, { type: "scroll", cell: "r1c2", images: 3, alone: true });
      const on = after(apart, { type: "scroll", cell: "r1c1", images: 1 });
      assert.deepEqual(
        [on.cells.r1c1?.presentation.index, on.cells.r1c2?.presentation.index],
        [7, 10],
        "set apart they go on apart",
      );
      const end = after(both, { type: "scroll", cell: "r1c1", images: 1e6 });
      assert.equal(end.cells.r1c1?.presentation.index, 19);
      assert.equal(activeCell(after(beside(), { type: "scroll", cell: "r1c2", images: 1 })), "r1c2");
      const single = after(withLoaded(started(), "r1c1", { slices: 1 }), { type: "scroll", cell: "r1c1", images: 1 });
      assert.equal(single.cells.r1c1?.source.series, "1.1.2", "views of one image each are paged like slices");
    },
  ],
  go: [
    "goes to an image",
    () => assert.equal(after(open(), { type: "go", cell: "r1c1", index: 7 }).cells.r1c1?.presentation.index, 7),
  ],
  "take-back-offset": [
    "puts a moved side back to where it was hung; what it was moved by is said against the active cell",
    () => {
      // Slices are 5 mm apart, and the prior has a frame of reference of its own.
      const moved = after(
        beside(),
        { type: "scroll", cell: "r1c1", images: 3 },
        { type: "scroll", cell: "r1c2", images: 2, alone: true },
        { type: "scroll", cell: "r1c2", images: 1, alone: true },
        { type: "activate", cell: "r1c1" },
      );
      assert.deepEqual([movedOf(moved, "r1c1"), movedOf(moved, "r1c2")], [null, "+15 mm"]);
      const on = after(moved, { type: "scroll", cell: "r1c1", images: 4 });
      assert.equal(movedOf(on, "r1c2"), "+15 mm", "scrolling together keeps it");
      assert.equal(
        movedOf(after(on, { type: "activate", cell: "r1c2" }), "r1c1"),
        "−15 mm",
        "seen from the other side",
      );
      const back = after(on, { type: "take-back-offset" });
      assert.deepEqual(
        [back.cells.r1c1?.presentation.index, back.cells.r1c2?.presentation.index, movedOf(back, "r1c2")],
        [7, 7, null],
      );
      assert.equal(movedOf(after(back, { type: "undo" }), "r1c2"), "+15 mm");
      assert.equal(after(on, { type: "take-back-offset", cell: "r1c2" }).cells.r1c2?.presentation.index, 7);
    },
  ],
  jump: [
    "goes to an image in the cell that has its series, or opens the series with it",
    () => {
      const there = after(beside(), { type: "jump", to: imageOf(prior, 1, 5) });
      assert.deepEqual([activeCell(there), there.cells.r1c2?.presentation.index], ["r1c2", 4]);
      const other = withLoaded(after(beside(), { type: "jump", to: imageOf(current, 2, 9) }), "r1c1");
      assert.deepEqual([other.cells.r1c1?.source.series, other.cells.r1c1?.presentation.index], ["1.1.3", 8]);
      const nowhere = { ...imageOf(current, 0, 1), seriesInstanceUid: "9" };
      const state = open();
      assert.ok(after(state, { type: "jump", to: nowhere }) === state);
    },
  ],
  preset: [
    "windows the active cell and the study it is compared with, and not another series beside it",
    () => {
      const state = ["r1c1" as const, "r1c2" as const].reduce(
        (each, id) => after(each, viewportReport(each, id, { type: "stacked", range: [0, 100] })),
        beside(),
      );
      const both = after(state, { type: "preset", key: "2" });
      assert.deepEqual([windowOf(both, "r1c1"), windowOf(both, "r1c2")], [lung, lung]);
      assert.equal(windowOf(after(both, { type: "preset", key: "0" }), "r1c1"), null, "as sent");
      const loose = after(state, { type: "toggle-link" }, { type: "preset", key: "2" });
      assert.equal(windowOf(loose, "r1c2"), null);
      const grid = withLoaded(after(state, { type: "set-layout", rows: 1, columns: 3 }), "r1c3");
      assert.equal(grid.cells.r1c3?.source.series, "1.1.2");
      const stacked = after(grid, viewportReport(grid, "r1c3", { type: "stacked", range: [0, 100] }));
      assert.equal(windowOf(after(stacked, { type: "preset", key: "2" }), "r1c3"), null);
    },
  ],
  zoom: [
    "is the camera's",
    () =>
      assert.deepEqual(reduce(open(), { type: "zoom", cell: "r1c1", factor: 1.1 }).effects, [
        { type: "move", cell: "r1c1", how: { zoomBy: 1.1 } },
      ]),
  ],
  invert: [
    "exchanges black and white, and back",
    () => {
      const once = after(open(), { type: "invert" });
      assert.equal(once.cells.r1c1?.presentation.inverted, true);
      assert.equal(after(once, { type: "invert" }).cells.r1c1?.presentation.inverted, false);
    },
  ],
  flip: ["is the camera's", () => assert.equal(reduce(open(), { type: "flip" }).effects[0]?.type, "move")],
  rotate: ["is the camera's", () => assert.equal(reduce(open(), { type: "rotate" }).effects[0]?.type, "move")],
  reset: [
    "shows the whole image as it opens, and stays at its place",
    () => {
      const state = after(open(), { type: "go", cell: "r1c1", index: 7 }, { type: "invert" });
      const moved = after(
        state,
        viewportReport(state, "r1c1", { type: "moved", camera: { zoom: 2, pan: [1, 2], rotation: 90, flipped: true } }),
      );
      const { presentation } = after(moved, { type: "reset" }).cells.r1c1 ?? {};
      assert.deepEqual(
        [presentation?.index, presentation?.inverted, presentation?.camera, presentation?.window],
        [7, false, null, null],
      );
    },
  ],
  "toggle-cine": [
    "plays and stops what is a loop",
    () => {
      const playing = after(open(), { type: "toggle-cine" });
      assert.equal(playing.cells.r1c1?.presentation.playing, true);
      assert.equal(after(playing, { type: "toggle-cine" }).cells.r1c1?.presentation.playing, false);
      const single = withLoaded(started(), "r1c1", { slices: 1 });
      assert.equal(after(single, { type: "toggle-cine" }).cells.r1c1?.presentation.playing, false);
    },
  ],
  "set-fps": [
    "is between 1 and 60",
    () => {
      const fps = (wanted: number) => after(open(), { type: "set-fps", fps: wanted }).cells.r1c1?.presentation.fps;
      assert.deepEqual([fps(0), fps(25), fps(100)], [1, 25, 60]);
    },
  ],
  "set-tool": [
    "holds for all cells",
    () => {
      const { state, effects } = reduce(open(), { type: "set-tool", tool: "length" });
      assert.deepEqual([state.tool, effects], ["length", [{ type: "choose-tool" }]]);
    },
  ],
  "toggle-link": [
    "lets the cells go, and ties them where they stand",
    () => {
      assert.equal(activeLinkKind(beside()), "position");
      const loose = after(beside(), { type: "toggle-link" });
      assert.equal(activeLinkKind(loose), null);
      const apart = after(loose, { type: "scroll", cell: "r1c1", images: 4 }, { type: "toggle-link" });
      const on = after(apart, { type: "scroll", cell: "r1c1", images: 1 });
      assert.deepEqual([on.cells.r1c1?.presentation.index, on.cells.r1c2?.presentation.index], [5, 1]);
    },
  ],
  "toggle-stack-opening": [
    "holds for the next series opened",
    () => {
      const { state, effects } = reduce(open(), { type: "toggle-stack-opening" });
      assert.deepEqual(effects, [{ type: "keep-stack-opening" }]);
      assert.equal(state.cells.r1c1?.presentation.index, 0);
      const next = withLoaded(after(state, { type: "step-series", by: 1 }), "r1c1");
      assert.equal(next.cells.r1c1?.presentation.index, 10);
    },
  ],
  mark: [
    "gives what the active cell shows to the report",
    () => assert.deepEqual(reduce(open(), { type: "mark" }).effects, [{ type: "mark", cell: "r1c1" }]),
  ],
  marked: [
    "says in the cell what came of it, longer where it was refused",
    () => {
      const taken = reduce(open(), { type: "marked", cell: "r1c1", refused: null });
      assert.deepEqual(taken.state.marked, { cell: "r1c1", message: "Key image added", taken: true });
      const refused = reduce(open(), { type: "marked", cell: "r1c1", refused: "Not added." });
      assert.deepEqual(refused.effects, [{ type: "fade-mark", afterMs: 6000 }]);
    },
  ],
  unmark: [
    "takes the word away",
    () => {
      const state = after(open(), { type: "marked", cell: "r1c1", refused: null }, { type: "unmark" });
      assert.equal(state.marked, null);
    },
  ],
  measurements: [
    "belong to images, not to cells: no layout touches them",
    () => {
      const all = [{ id: "m1" }] as never;
      const state = after(open(), { type: "measurements", all, lost: [] }, { type: "set-layout", rows: 5, columns: 5 });
      assert.equal(after(state, { type: "set-layout", rows: 1, columns: 1 }).measurements, all);
    },
  ],
  kept: [
    "shows an open series again as it was looked at; what waits and what is touched is in `kept.test.ts`",
    () => {
      const shown = open();
      const { seriesInstanceUid } = seriesOf(current, 0);
      const image = { ...imageOf(current, 0, 1), seriesInstanceUid, studyInstanceUid: "1", sopClassUid: "1.2" };
      const looked = [
        {
          image,
          window: { center: 40, width: 80, shape: "LINEAR" as const },
          windows: [],
          inverted: true,
          camera: null,
        },
      ];
      assert.deepEqual(windowOf(after(shown, { type: "kept", looked }), "r1c1"), { center: 40, width: 80 });
    },
  ],
  "take-measurement": [
    "gives it to the report",
    () => {
      const measurement = { id: "m1" } as never;
      assert.deepEqual(reduce(open(), { type: "take-measurement", measurement }).effects, [
        { type: "take-measurement", measurement },
      ]);
    },
  ],
  "remove-measurement": [
    "removes one, or the one that is picked",
    () => {
      const removed = (action: Action) => reduce(open(), action).effects;
      assert.deepEqual(removed({ type: "remove-measurement", id: "m1" }), [{ type: "remove-measurement", id: "m1" }]);
      assert.deepEqual(removed({ type: "remove-measurement" }), [{ type: "remove-measurement", id: null }]);
    },
  ],
  retry: [
    "asks for the series again, or for the image",
    () => {
      const state = started();
      const own = state.cells.r1c1?.source;
      assert.ok(own);
      const failed = after(state, { type: "not-loaded", cell: "r1c1", source: own, problem });
      const again = after(failed, { type: "retry", cell: "r1c1" }).cells.r1c1;
      assert.deepEqual([again?.problem, again?.source], [null, own]);
      assert.notEqual(again?.source, own, "another wish, so that it is loaded again");
      assert.deepEqual(reduce(open(), { type: "retry", cell: "r1c1" }).effects, [{ type: "refetch", cell: "r1c1" }]);
    },
  ],
  undo: [
    "takes a changed window back with the arrangement",
    () => {
      const ready = withLoaded(started(), "r1c1");
      const stacked = after(ready, viewportReport(ready, "r1c1", { type: "stacked", range: [0, 100] }));
      const back = after(stacked, { type: "preset", key: "2" }, { type: "undo" });
      assert.equal(windowOf(back, "r1c1"), null);
    },
  ],
  studies: [
    "are the newest of the page",
    () => {
      const next = { current: { ...current, description: "CT Thorax late" }, priors: [prior] };
      assert.ok(after(open(), { type: "studies", studies: next }).studies === next);
    },
  ],
  loaded: [
    "opens a series where it belongs: a prior at the place of the current study, with its window on CT",
    () => {
      const state = after(open(), { type: "go", cell: "r1c1", index: 12 });
      const windowed = after(
        state,
        viewportReport(state, "r1c1", { type: "windowed", index: 12, window: { ...lung, shape: "LINEAR", lut: null } }),
      );
      const hung = withLoaded(after(windowed, { type: "toggle-prior" }), "r1c2").cells.r1c2;
      assert.equal(hung?.presentation.index, 12);
      assert.equal(hung?.presentation.given?.center, -600);
      const late = after(open(), { type: "open", study: current, series: seriesOf(current, 1) });
      const source = open().cells.r1c1?.source;
      assert.ok(source);
      const wrong = after(late, { type: "loaded", cell: "r1c1", source, loaded: loadedOf(current, 0), opening: null });
      assert.equal(wrong.cells.r1c1?.loaded, null, "what comes for a series that was let go is not shown");
      const words = {
        ...loadedOf(current, 0, { slices: 0 }),
        others: [{ sopInstanceUid: "1", title: "PDF", attributes: {} }],
      };
      const begin = started();
      const asked = begin.cells.r1c1?.source;
      assert.ok(asked);
      const document = after(begin, { type: "loaded", cell: "r1c1", source: asked, loaded: words, opening: null });
      assert.match(document.cells.r1c1?.problem?.message ?? "", /document is shown beside/);
      assert.equal(document.document?.series.seriesInstanceUid, "1.1.1");
    },
  ],
  protocols: [
    "offers what is kept meanwhile, and moves nothing; see `stages.test.ts`",
    () => {
      const state = open();
      const protocols = [[], []];
      const kept = after(state, { type: "protocols", protocols });
      assert.deepEqual([kept.protocols, kept.cells], [protocols, state.cells]);
    },
  ],
  "not-loaded": [
    "says why in the cell",
    () => {
      const state = started();
      const source = state.cells.r1c1?.source;
      assert.ok(source);
      assert.equal(after(state, { type: "not-loaded", cell: "r1c1", source, problem }).cells.r1c1?.problem, problem);
      const late = after(state, { type: "step-series", by: 1 });
      assert.equal(after(late, { type: "not-loaded", cell: "r1c1", source, problem }).cells.r1c1?.problem, null);
    },
  ],
  fault: ["is said", () => assert.equal(after(open(), { type: "fault", message: "No viewer." }).fault, "No viewer.")],
  viewport: [
    "tells nothing any more of a series that its cell has let go",
    () => {
      const state = open();
      const late = viewportReport(state, "r1c1", { type: "turned", index: 5 });
      const other = withLoaded(after(state, { type: "step-series", by: 1 }), "r1c1");
      assert.equal(after(other, late).cells.r1c1?.presentation.index, 0);
    },
  ],
};

describe("what the reader does and what comes of it", () => {
  for (const [type, [says, check]] of Object.entries(table)) test(`${type} ${says}`, check);
});
