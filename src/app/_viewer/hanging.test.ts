import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { seriesContent } from "./frames.ts";
import { openingIndex, presetOn, priorWindow, type Shown } from "./hanging.ts";
import { type Preset, presetsFor } from "./presets.ts";
import type { LoadedSeries } from "./series-store.ts";

function series(modality: string, slices: number, window: [center: number, width: number]): LoadedSeries {
  const instances = Array.from({ length: slices }, (_, i): Attributes => {
    const values = {
      "00080018": [`1.2.${i}`],
      "0020000E": ["1.2.3"],
      "00200013": [i + 1],
      "00280010": [8],
      "00280011": [8],
      "00281050": [window[0]],
      "00281051": [window[1]],
    };
    return Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]));
  });
  const { frames } = seriesContent("https://portal.example/dicomweb/lakeside", "1.2", instances);
  return { modality, frames } as LoadedSeries;
}

function cellOf(loaded: LoadedSeries): Shown & { presets: Preset[] } {
  return { loaded, index: 0, voi: null, presets: presetsFor(loaded.modality, loaded.frames[0], [0, 1000]) };
}

test("a CT prior hangs with the window of the current study, as it stands or as it will open", () => {
  const current = series("CT", 20, [40, 350]);
  const prior = series("CT", 20, [-600, 1500]);
  assert.deepEqual(
    [priorWindow(prior, undefined, current)?.center, priorWindow(prior, undefined, current)?.width],
    [40, 350],
  );
  const chosen = { center: 400, width: 1800, shape: "LINEAR", lut: null } as const;
  assert.equal(priorWindow(prior, { ...cellOf(current), voi: chosen }, current), chosen);
  assert.equal(priorWindow(series("MR", 20, [500, 900]), cellOf(current), current), null);
  assert.equal(priorWindow(prior, undefined, series("MR", 20, [500, 900])), null);
});

test("a preset means the same window on both CT sides, and each side's own step elsewhere", () => {
  const lung = presetOn(cellOf(series("CT", 1, [40, 350])), "2", null);
  assert.equal(lung?.name, "Lung");
  assert.equal(presetOn(cellOf(series("CT", 1, [400, 1800])), "2", lung ?? null), lung);
  const [one, two] = [cellOf(series("MR", 1, [500, 900])), cellOf(series("MR", 1, [200, 300]))];
  const asked = presetOn(one, "2", null) ?? null;
  assert.deepEqual([asked?.width, presetOn(two, "2", asked)?.width], [540, 180]);
  assert.equal(presetOn(two, "0", asked), null, "as sent is each side's own");
});

test("a stack opens at its first image, or in the middle for readers who chose that", () => {
  const stack = series("CT", 21, [40, 400]);
  assert.equal(openingIndex(stack, "first"), 0);
  assert.equal(openingIndex(stack, "middle"), 10);
  assert.equal(openingIndex(series("US", 21, [40, 400]), "middle"), 0);
});
