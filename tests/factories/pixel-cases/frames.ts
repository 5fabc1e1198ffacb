import { dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { type PixelCase, ramp, words } from "./pixel-case.ts";

const steps = [0, 585, 1170, 1755, 2340, 2925, 3510, 4095];
const fall = ramp.toReversed();
const other = steps.map(() => 7);
const transformation = (slope: number, intercept: number): WritableDataSet =>
  dataSet({
    PixelValueTransformationSequence: [
      dataSet({ RescaleSlope: String(slope), RescaleIntercept: String(intercept), RescaleType: "US" }),
    ],
  });
const voi = (center: number, width: number, shape?: string): WritableDataSet =>
  dataSet({
    FrameVOILUTSequence: [dataSet({ WindowCenter: String(center), WindowWidth: String(width), VOILUTFunction: shape })],
  });
const groups = (shared: WritableDataSet, ...frames: WritableDataSet[]) => ({
  SharedFunctionalGroupsSequence: [shared],
  PerFrameFunctionalGroupsSequence: frames,
});

/** Enhanced images, whose functional groups describe each frame on its own (§C.7.6.16); and what is no picture. */
export const frameCases: PixelCase[] = [
  {
    name: "rescaling and window shared by the frames",
    cells: "u16",
    earlierFrames: [other],
    bars: steps,
    elements: groups({ ...transformation(2, -1000), ...voi(3095, 8190, "LINEAR_EXACT") }, {}, {}),
    grey: ramp,
  },
  {
    name: "rescaling and window of the frame",
    cells: "u16",
    earlierFrames: [other],
    bars: steps,
    elements: groups(
      {},
      { ...transformation(1, 0), ...voi(1, 2) },
      { ...transformation(0.001, 0), ...voi(2.0475, 4.095, "LINEAR_EXACT") },
    ),
    grey: ramp,
  },
  {
    name: "the frame's own before what is shared, and that before the image's",
    cells: "u16",
    earlierFrames: [other],
    bars: steps,
    elements: {
      RescaleSlope: "9",
      RescaleIntercept: "9",
      WindowCenter: "1",
      WindowWidth: "2",
      ...groups({ ...transformation(-1, 4095), ...voi(1, 2) }, {}, voi(2047.5, 4095, "LINEAR_EXACT")),
    },
    grey: fall,
  },
  {
    name: "VOI LUT in the macro of the frame",
    cells: "u16",
    earlierFrames: [other],
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: groups(
      {},
      {},
      dataSet({
        FrameVOILUTSequence: [
          dataSet({
            VOILUTSequence: [dataSet({ LUTDescriptor: [8, 0, 8], LUTData: { vr: "OW", bytes: words(ramp) } })],
          }),
        ],
      }),
    ),
    grey: ramp,
  },
  {
    name: "no rows",
    cells: "u16",
    bars: steps,
    elements: { Rows: 0 },
    refused: /no picture/,
  },
  {
    name: "cells of 12 bits",
    cells: "u16",
    bars: steps,
    elements: { BitsAllocated: 12, BitsStored: 12, HighBit: 11 },
    refused: /12 bits/,
  },
  {
    name: "cells of 64 bits that are no floating point",
    cells: "u16",
    bars: steps,
    elements: { BitsAllocated: 64 },
    refused: /64 bits/,
  },
  {
    name: "a picture larger than memory",
    cells: "u16",
    bars: steps,
    elements: { Rows: 65_535, Columns: 65_535 },
    refused: /too large/,
  },
];
