import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../dicom/attributes.ts";
import { Tag } from "../dicom/tags.ts";
import { protocolFromDicom } from "./from-dicom.ts";

const attributes = (values: Record<string, unknown[]>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]));
const selector = (attribute: string, ...values: string[]): Attributes =>
  attributes({ [Tag.SelectorAttribute]: [attribute], [Tag.SelectorCSValue]: values });
const imageSet = (selectors: Attributes[], ...timed: Attributes[]): Attributes =>
  attributes({ [Tag.ImageSetSelectorSequence]: selectors, [Tag.TimeBasedImageSetsSequence]: timed });
const now = (n: number): Attributes =>
  attributes({
    [Tag.ImageSetNumber]: [n],
    [Tag.ImageSetSelectorCategory]: ["RELATIVE_TIME"],
    [Tag.RelativeTime]: [0, 0],
  });
const prior = (n: number, ...value: [number, number]): Attributes =>
  attributes({
    [Tag.ImageSetNumber]: [n],
    [Tag.ImageSetSelectorCategory]: ["ABSTRACT_PRIOR"],
    [Tag.AbstractPriorValue]: value,
  });
const display = (
  imageSetNumber: number,
  box: [number, number, number, number],
  more: Record<string, unknown[]> = {},
  group = 1,
): Attributes =>
  attributes({
    [Tag.ImageSetNumber]: [imageSetNumber],
    [Tag.DisplaySetPresentationGroup]: [group],
    [Tag.ImageBoxesSequence]: [
      attributes({ [Tag.DisplayEnvironmentSpatialPosition]: box, [Tag.ImageBoxLayoutType]: ["STACK"] }),
    ],
    ...more,
  });
const plane = (name: string): Attributes =>
  attributes({
    [Tag.FilterByCategory]: ["IMAGE_PLANE"],
    [Tag.FilterByOperator]: ["MEMBER_OF"],
    [Tag.SelectorCSValue]: [name],
  });
const object = (modality: string, sets: Attributes[], displays: Attributes[], more: Record<string, unknown[]> = {}) =>
  attributes({
    [Tag.HangingProtocolName]: ["Theirs"],
    [Tag.HangingProtocolDefinitionSequence]: [
      attributes({
        [Tag.Modality]: [modality],
        [Tag.AnatomicRegionSequence]: [attributes({ [Tag.CodeMeaning]: ["Head"] })],
      }),
    ],
    [Tag.ImageSetsSequence]: sets,
    [Tag.DisplaySetsSequence]: displays,
    ...more,
  });
const read = (each: Attributes) => protocolFromDicom(each, (words) => words.map((word) => word.toLowerCase()));

test("the boxes of a presentation group become rows and columns, the origin at the lower left, the current study beside its prior", () => {
  const { protocol, notKept } = read(
    object(
      "CT",
      [imageSet([selector(Tag.Modality, "CT")], now(1), prior(2, 1, 1))],
      [
        display(1, [0, 1, 0.5, 0.5], {
          [Tag.FilterOperationsSequence]: [plane("TRANSVERSE")],
          [Tag.VOIType]: ["LUNG"],
        }),
        display(2, [0.5, 1, 1, 0.5], { [Tag.FilterOperationsSequence]: [plane("TRANSVERSE")] }),
        display(1, [0, 0.5, 0.5, 0], { [Tag.FilterOperationsSequence]: [plane("CORONAL")] }),
        display(2, [0.5, 0.5, 1, 0], { [Tag.FilterOperationsSequence]: [plane("SAGITTAL")] }),
      ],
    ),
  );
  assert.deepEqual(notKept, []);
  assert.deepEqual(
    [protocol?.name, protocol?.modalities, protocol?.regions, protocol?.stages.length],
    ["Theirs", ["CT"], ["head"], 1],
  );
  const [stage] = protocol?.stages ?? [];
  assert.deepEqual([stage?.rows, stage?.columns], [2, 2]);
  const wanted = (study: number, each: string) => ({ study, wants: [{ modality: ["CT"], plane: [each] }] });
  assert.deepEqual(stage?.places, [
    { ...wanted(0, "axial"), window: { center: -600, width: 1500 } },
    wanted(1, "axial"),
    wanted(0, "coronal"),
    wanted(1, "sagittal"),
  ]);
});

test("mammograms ask for side and view, and stand back to back", () => {
  const side = (n: number, letter: string) =>
    imageSet(
      [selector(Tag.Modality, "MG"), selector(Tag.ImageLaterality, letter), selector(Tag.ViewPosition, "CC")],
      now(n),
    );
  const { protocol } = read(
    object("MG", [side(1, "R"), side(2, "L")], [display(1, [0, 1, 0.5, 0]), display(2, [0.5, 1, 1, 0])]),
  );
  const breast = (letter: string) => ({
    study: 0,
    wants: [{ modality: ["MG"], side: letter, view: ["CC"] }],
    fit: "breast",
  });
  assert.deepEqual(protocol?.stages[0]?.places, [breast("R"), breast("L")]);
});

test("what cannot be asked for is said, and its place stays empty rather than showing something else", () => {
  const ct = imageSet(
    [selector(Tag.Modality, "CT"), selector(Tag.SeriesDescription, "THIN")],
    now(1),
    prior(2, -1, -1),
  );
  const { protocol, notKept } = read(
    object(
      "CT",
      [ct],
      [
        display(1, [0, 1, 0.3, 0], { [Tag.ReformattingOperationType]: ["3D_RENDERING"] }),
        display(2, [0.3, 1, 0.6, 0]),
        display(1, [0.6, 1, 1, 0], {
          [Tag.ReformattingOperationType]: ["MPR"],
          [Tag.ReformattingOperationInitialViewDirection]: ["CORONAL"],
        }),
      ],
      { [Tag.NumberOfScreens]: [2] },
    ),
  );
  assert.deepEqual(
    protocol?.stages[0]?.places.map(({ wants }) => wants),
    [[], [], [{ modality: ["CT"], plane: ["coronal"] }]],
  );
  assert.deepEqual(notKept, [
    "(0008,103E) is not asked for.",
    "A study by its age, or the oldest one, cannot be asked for: its places stay empty.",
    "Rendered and blended volumes are not shown: their places stay empty.",
    "Planes are not computed: a stored series of the plane is shown, or the place stays empty.",
    "Boxes of different sizes become cells of one size.",
    "Its screens become one screen.",
  ]);
});

test("a group that has no rows and columns is left out and named; with no other there is no protocol", () => {
  const boxes = Array.from({ length: 6 }, (_, n): [number, number, number, number] => [n / 6, 1, (n + 1) / 6, 0]);
  const { protocol, notKept } = read(
    object(
      "CT",
      [imageSet([selector(Tag.Modality, "CT")], now(1))],
      boxes.map((box) => display(1, box, { [Tag.DisplaySetPresentationGroupDescription]: ["Six"] })),
    ),
  );
  assert.equal(protocol, null);
  assert.deepEqual(notKept, ['Its group "Six" cannot be laid out in rows and columns of up to five.']);
});
