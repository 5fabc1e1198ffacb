import type { HangingWindow, Place, Protocol, Side, Stage, ViewName, Want, Weighting } from "./protocol.ts";

/** HU. */
const windows = {
  brain: { center: 40, width: 80 },
  bone: { center: 480, width: 2500 },
  lung: { center: -600, width: 1500 },
  soft: { center: 40, width: 400 },
} satisfies Record<string, HangingWindow>;

const axial: Want = { plane: ["axial"] };
const place = (wants: readonly Want[], window?: HangingWindow): Place => ({
  study: 0,
  wants,
  ...(window ? { window } : {}),
});
const ofPrior = (each: Place): Place => ({ ...each, study: 1 });
const single = (name: string, wants: readonly Want[]): Stage => ({
  name,
  rows: 1,
  columns: 1,
  places: [place(wants)],
  fewest: 1,
});
const row = (name: string, places: readonly Place[], fewest = places.length): Stage => ({
  name,
  rows: 1,
  columns: places.length,
  places,
  fewest,
});
const besidePrior = (wants: readonly Want[]): Stage => row("With prior", [place(wants), ofPrior(place(wants))]);
const planes = row("Three planes", [
  place([{ plane: ["axial"] }]),
  place([{ plane: ["coronal"] }]),
  place([{ plane: ["sagittal"] }]),
]);

const softAxial: Want[] = [{ plane: ["axial"], kernel: ["soft"] }, axial, {}];
const boneAxial: Want[] = [{ plane: ["axial"], kernel: ["bone"] }, axial];
const lungAxial: Want[] = [{ plane: ["axial"], kernel: ["lung"] }, axial];

const weighted = (weighting: Weighting, more: Want = {}): Place => place([{ weighting: [weighting], ...more }]);
const projection = (view: readonly ViewName[], side?: Side): Place => place([{ view, ...(side ? { side } : {}) }]);
const breast = (view: "CC" | "MLO", side: Side): Place => ({ ...projection([view], side), fit: "breast" });

/**
 * How studies are laid out where nobody has saved a protocol of their own; the first that fits the study best is taken.
 * Every protocol begins with what the study is opened with.
 */
export const builtInProtocols: readonly Protocol[] = [
  {
    id: "ct-head",
    name: "CT head",
    modalities: ["CT"],
    regions: ["head"],
    stages: [
      single("Axial", softAxial),
      row("Brain and bone", [place(softAxial, windows.brain), place(boneAxial, windows.bone)]),
      planes,
      besidePrior(softAxial),
    ],
  },
  {
    id: "ct-chest",
    name: "CT chest",
    modalities: ["CT"],
    regions: ["chest"],
    stages: [
      single("Axial", softAxial),
      row("Soft tissue and lung", [place(softAxial, windows.soft), place(lungAxial, windows.lung)]),
      planes,
      besidePrior(softAxial),
    ],
  },
  {
    id: "ct",
    name: "CT",
    modalities: ["CT"],
    regions: [],
    stages: [single("Axial", softAxial), planes, besidePrior(softAxial)],
  },
  {
    id: "mr-head",
    name: "MR head",
    modalities: ["MR"],
    regions: ["head"],
    stages: [
      {
        name: "Overview",
        rows: 2,
        columns: 3,
        places: [
          weighted("flair"),
          weighted("t2"),
          weighted("dwi"),
          place([{ weighting: ["t1"], contrast: false }]),
          place([{ weighting: ["t1"], contrast: true }, { weighting: ["swi"] }]),
          weighted("adc"),
        ],
        fewest: 3,
      },
      row("Diffusion", [weighted("dwi"), weighted("adc")]),
      besidePrior([{ weighting: ["flair"] }, { weighting: ["t2"] }, axial, {}]),
    ],
  },
  {
    id: "mr-spine",
    name: "MR spine",
    modalities: ["MR"],
    regions: ["spine", "neck"],
    stages: [
      row(
        "Sagittal",
        [
          place([{ plane: ["sagittal"], weighting: ["t2"] }]),
          place([{ plane: ["sagittal"], weighting: ["t1"] }]),
          place([
            { plane: ["sagittal"], weighting: ["stir"] },
            { plane: ["sagittal"], fatSaturated: true },
          ]),
        ],
        2,
      ),
      row("Sagittal and axial", [
        place([{ plane: ["sagittal"], weighting: ["t2"] }, { plane: ["sagittal"] }]),
        place([{ plane: ["axial"], weighting: ["t2"] }, axial]),
      ]),
      besidePrior([{ plane: ["sagittal"], weighting: ["t2"] }, { plane: ["sagittal"] }, {}]),
    ],
  },
  {
    id: "mr",
    name: "MR",
    modalities: ["MR"],
    regions: [],
    stages: [
      {
        name: "Planes",
        rows: 2,
        columns: 2,
        places: [
          place([{ plane: ["coronal"], fatSaturated: true }, { plane: ["coronal"] }]),
          place([{ plane: ["sagittal"], fatSaturated: true }, { plane: ["sagittal"] }]),
          place([{ plane: ["axial"], fatSaturated: true }, axial]),
          place([{ weighting: ["t1"] }]),
        ],
        fewest: 2,
      },
      besidePrior([{ fatSaturated: true }, axial, {}]),
    ],
  },
  {
    id: "mammography",
    name: "Mammography",
    modalities: ["MG"],
    regions: [],
    stages: [
      row("Four views", [breast("CC", "R"), breast("CC", "L"), breast("MLO", "R"), breast("MLO", "L")], 2),
      row("CC", [breast("CC", "R"), breast("CC", "L")]),
      row("MLO", [breast("MLO", "R"), breast("MLO", "L")]),
      {
        name: "With prior",
        rows: 2,
        columns: 4,
        places: [
          breast("CC", "R"),
          breast("CC", "L"),
          breast("MLO", "R"),
          breast("MLO", "L"),
          ofPrior(breast("CC", "R")),
          ofPrior(breast("CC", "L")),
          ofPrior(breast("MLO", "R")),
          ofPrior(breast("MLO", "L")),
        ],
        fewest: 4,
      },
    ],
  },
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
    id: "radiograph",
    name: "Radiograph",
    modalities: ["DX", "CR"],
    regions: [],
    stages: [
      row("Views", [projection(["AP", "PA"]), projection(["LAT"]), projection(["OBL"])], 2),
      row("With prior", [place([{ view: ["AP", "PA"] }, {}]), ofPrior(place([{ view: ["AP", "PA"] }, {}]))]),
    ],
  },
];
