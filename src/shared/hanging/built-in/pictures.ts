import type { PictureKind, Place, Protocol, Side, ViewName, Want } from "../protocol.ts";
import { asStack, grid, ofPrior, overPrior, pictures, place, row, single } from "./parts.ts";

/** Radiographs, mammograms, ultrasound, runs and slides: what is looked at picture by picture. */

const projection = (view: readonly ViewName[], side?: Side): Place => place([{ view, ...(side ? { side } : {}) }]);

type Breast = "CC" | "MLO";
/** One view of one breast, by the kinds in their order of preference. */
const breast = (view: Breast, side: Side, kinds: readonly PictureKind[] = ["2d", "synthetic", "tomo"]): Place => ({
  ...place(kinds.map((kind): Want => ({ view: [view], side, picture: [kind] }))),
  fit: "breast",
});
/** Right beside left, CC before MLO. */
const breasts = (kinds?: readonly PictureKind[], views: readonly Breast[] = ["CC", "MLO"]): Place[] =>
  views.flatMap((view) => [breast(view, "R", kinds), breast(view, "L", kinds)]);
const flatAndTomo = (side: Side): Place[] =>
  (["CC", "MLO"] as const).flatMap((view) => [breast(view, side, ["2d", "synthetic"]), breast(view, side, ["tomo"])]);

const mammography: Protocol = {
  id: "mammography",
  name: "Mammography",
  modalities: ["MG"],
  regions: [],
  stages: [
    row("Four views", breasts(), 2),
    { ...row("One view", breasts(), 1), most: 1, close: "always" },
    row("CC", breasts(undefined, ["CC"])),
    row("MLO", breasts(undefined, ["MLO"])),
    row("Tomosynthesis", breasts(["tomo"]), 1),
    // Three of four: with tomosynthesis alone, or without it, there is nothing to lay side by side.
    row("Right: 2D and tomosynthesis", flatAndTomo("R"), 3),
    row("Left: 2D and tomosynthesis", flatAndTomo("L"), 3),
    row("Subtracted", breasts(["subtracted"]), 1),
    {
      ...row(
        "Further views",
        Array.from({ length: 4 }, (): Place => ({ ...place([{ apart: true }]), fit: "breast" })),
        1,
      ),
      close: "always",
    },
    overPrior(breasts(), 4),
    overPrior(breasts(undefined, ["CC"]), 3, "CC with prior"),
    overPrior(breasts(undefined, ["MLO"]), 3, "MLO with prior"),
  ],
};

const frontal = projection(["AP", "PA"]);
const bothSides = [
  projection(["AP", "PA"], "R"),
  projection(["LAT", "OBL"], "R"),
  projection(["AP", "PA"], "L"),
  projection(["LAT", "OBL"], "L"),
];

const radiographs: readonly Protocol[] = [
  {
    id: "chest-radiograph",
    name: "Chest radiograph",
    modalities: ["DX", "CR"],
    regions: ["chest"],
    stages: [
      row("Frontal and lateral", [projection(["PA", "AP"]), projection(["LAT"])]),
      row("With prior", [projection(["PA", "AP"]), ofPrior(projection(["PA", "AP"]))]),
    ],
  },
  {
    id: "bone-radiograph",
    name: "Bones",
    modalities: ["DX", "CR"],
    regions: ["upper limb", "lower limb", "spine", "pelvis"],
    stages: [
      row("Both sides", bothSides, 3),
      row("Views", [frontal, projection(["LAT"]), projection(["OBL"])], 2),
      overPrior([frontal, projection(["LAT", "OBL"])], 3),
      row("Frontal with prior", [frontal, ofPrior(frontal)]),
      pictures("All pictures", 0, 2),
    ],
  },
  {
    id: "radiograph",
    name: "Radiograph",
    modalities: ["DX", "CR", "RG"],
    regions: [],
    stages: [
      row("Views", [projection(["AP", "PA"]), projection(["LAT"]), projection(["OBL"])], 2),
      row("With prior", [place([{ view: ["AP", "PA"] }, {}]), ofPrior(place([{ view: ["AP", "PA"] }, {}]))]),
    ],
  },
  {
    id: "dental",
    name: "Dental",
    modalities: ["PX", "IO"],
    regions: [],
    stages: [
      single("Panoramic", [{ modality: ["PX"] }]),
      pictures("Pictures", 0, 1, [{ modality: ["IO"] }]),
      pictures("Pictures 13 to 24", 12, 1, [{ modality: ["IO"] }]),
      row("With prior", [place([{}]), ofPrior(place([{}]))]),
    ],
  },
];

/** Pictures and loops as a grid of as many cells as there are, then the series as a stack. */
const gridAndStack = (id: string, name: string, modalities: readonly string[], what: string): Protocol => ({
  id,
  name,
  modalities,
  regions: [],
  stages: [
    pictures(what, 0, 2),
    ...[12, 24, 36].map((from) => pictures(`${what} ${from + 1} to ${from + 12}`, from, 1)),
    asStack("Series"),
    row("With prior", [
      { ...place([{}]), whole: true },
      { ...ofPrior(place([{}])), whole: true },
    ]),
  ],
});

const slides: Protocol = {
  id: "slide",
  name: "Whole slide",
  modalities: ["SM"],
  regions: [],
  stages: [
    grid("Overview and label", [1, 2], [place([{ picture: ["overview"] }]), place([{ picture: ["label"] }])], 1),
    asStack("Slide"),
  ],
};

export const picturewise: readonly Protocol[] = [
  mammography,
  ...radiographs,
  gridAndStack("ultrasound", "Ultrasound", ["US"], "Pictures"),
  gridAndStack("angiography", "Angiography and fluoroscopy", ["XA", "RF"], "Runs"),
  gridAndStack("nuclear-medicine", "Nuclear medicine", ["NM"], "Pictures"),
  gridAndStack("photographs", "Photographs", ["XC", "ES", "OP", "GM"], "Pictures"),
  slides,
];
