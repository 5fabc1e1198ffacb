import type { HangingWindow, Place, Protocol, Stage, Want, Weighting } from "../protocol.ts";
import { axial, besidePrior, grid as fixedGrid, ofPrior, overPrior, place, row, single } from "./parts.ts";

/** CT, MR and PET: what is paged as a stack of slices. */

/** Of the many sequences of an MR at most half may be there: then no empty half is shown. */
const grid = (...of: Parameters<typeof fixedGrid>): Stage => ({ ...fixedGrid(...of), close: "sparse" });

/** HU. */
const windows = {
  brain: { center: 40, width: 80 },
  bone: { center: 480, width: 2500 },
  lung: { center: -600, width: 1500 },
  soft: { center: 40, width: 400 },
} satisfies Record<string, HangingWindow>;

const planes = row("Three planes", [
  place([{ plane: ["axial"] }]),
  place([{ plane: ["coronal"] }]),
  place([{ plane: ["sagittal"] }]),
]);

const softAxial: Want[] = [{ plane: ["axial"], kernel: ["soft"] }, axial, {}];
const boneAxial: Want[] = [{ plane: ["axial"], kernel: ["bone"] }, axial];
const lungAxial: Want[] = [{ plane: ["axial"], kernel: ["lung"] }, axial];

const weighted = (weighting: Weighting, more: Want = {}): Place => place([{ weighting: [weighting], ...more }]);

const ct: readonly Protocol[] = [
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
    id: "ct-abdomen",
    name: "CT abdomen",
    modalities: ["CT"],
    regions: ["abdomen", "pelvis"],
    stages: [
      single("Axial", softAxial),
      row("Before and after contrast", [
        place([{ plane: ["axial"], contrast: false }]),
        place([{ plane: ["axial"], contrast: true }]),
      ]),
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
];

const t2Axial: Want = { plane: ["axial"], weighting: ["t2"] };
const contrastAxial: Want = { plane: ["axial"], weighting: ["t1"], contrast: true };

const mr: readonly Protocol[] = [
  {
    id: "mr-head",
    name: "MR head",
    modalities: ["MR"],
    regions: ["head"],
    stages: [
      grid(
        "Overview",
        [2, 3],
        [
          weighted("flair"),
          weighted("t2"),
          weighted("dwi"),
          place([{ weighting: ["t1"], contrast: false }]),
          place([{ weighting: ["t1"], contrast: true }, { weighting: ["swi"] }]),
          weighted("adc"),
        ],
        3,
      ),
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
        place([t2Axial, axial]),
      ]),
      besidePrior([{ plane: ["sagittal"], weighting: ["t2"] }, { plane: ["sagittal"] }, {}]),
    ],
  },
  {
    id: "mr-joint",
    name: "MR joint",
    modalities: ["MR"],
    regions: ["upper limb", "lower limb"],
    stages: [
      grid(
        "Planes",
        [2, 2],
        [
          place([
            { plane: ["coronal"], weighting: ["pd", "t2"], fatSaturated: true },
            { plane: ["coronal"], fatSaturated: true },
            { plane: ["coronal"], weighting: ["stir", "pd", "t2"] },
          ]),
          place([
            { plane: ["sagittal"], weighting: ["pd", "t2"], fatSaturated: true },
            { plane: ["sagittal"], fatSaturated: true },
            { plane: ["sagittal"] },
          ]),
          place([
            { plane: ["axial"], weighting: ["pd", "t2"], fatSaturated: true },
            { plane: ["axial"], fatSaturated: true },
            axial,
          ]),
          place([{ plane: ["coronal"], weighting: ["t1"] }, { weighting: ["t1"] }, { plane: ["coronal"] }]),
        ],
        2,
      ),
      besidePrior([{ plane: ["coronal"], fatSaturated: true }, { fatSaturated: true }, axial, {}]),
    ],
  },
  {
    id: "mr-breast",
    name: "MR breast",
    modalities: ["MR"],
    regions: ["breast"],
    stages: [
      grid(
        "Overview",
        [2, 2],
        [
          place([contrastAxial, { weighting: ["t1"], contrast: true }]),
          place([{ weighting: ["stir"] }, { weighting: ["t2"], fatSaturated: true }, { weighting: ["t2"] }]),
          place([{ weighting: ["t1"], contrast: false }]),
          weighted("dwi"),
        ],
        2,
      ),
      row("Diffusion", [weighted("dwi"), weighted("adc")]),
      besidePrior([{ weighting: ["t1"], contrast: true }, { weighting: ["t1"] }, {}]),
    ],
  },
  {
    id: "mr-liver",
    name: "MR liver",
    modalities: ["MR"],
    regions: ["abdomen"],
    stages: [
      grid(
        "Overview",
        [2, 3],
        [
          place([t2Axial, { weighting: ["t2"] }]),
          place([{ plane: ["axial"], weighting: ["t1"], contrast: false }]),
          place([contrastAxial]),
          weighted("dwi"),
          weighted("adc"),
          place([{ plane: ["coronal"] }]),
        ],
        3,
      ),
      row("Before and after contrast", [
        place([{ plane: ["axial"], weighting: ["t1"], contrast: false }]),
        place([contrastAxial]),
      ]),
      besidePrior([t2Axial, axial, {}]),
    ],
  },
  {
    id: "mr-prostate",
    name: "MR prostate",
    modalities: ["MR"],
    regions: ["pelvis"],
    stages: [
      grid(
        "Overview",
        [2, 3],
        [
          place([t2Axial]),
          weighted("dwi"),
          weighted("adc"),
          place([{ plane: ["coronal"], weighting: ["t2"] }]),
          place([{ plane: ["sagittal"], weighting: ["t2"] }]),
          place([contrastAxial]),
        ],
        3,
      ),
      row("T2 and diffusion", [place([t2Axial]), weighted("dwi"), weighted("adc")]),
      besidePrior([t2Axial, axial, {}]),
    ],
  },
  {
    id: "mr",
    name: "MR",
    modalities: ["MR"],
    regions: [],
    stages: [
      grid(
        "Planes",
        [2, 2],
        [
          place([{ plane: ["coronal"], fatSaturated: true }, { plane: ["coronal"] }]),
          place([{ plane: ["sagittal"], fatSaturated: true }, { plane: ["sagittal"] }]),
          place([{ plane: ["axial"], fatSaturated: true }, axial]),
          place([{ weighting: ["t1"] }]),
        ],
        2,
      ),
      besidePrior([{ fatSaturated: true }, axial, {}]),
    ],
  },
];

const ofCt = (want: Want): Want => ({ ...want, modality: ["CT"] });
const ofPet = (want: Want): Want => ({ ...want, modality: ["PT"] });
const ctAxial = place([...softAxial.slice(0, 2), {}].map(ofCt));
const petAxial = place([ofPet(axial), ofPet({})]);

const pet: readonly Protocol[] = [
  {
    id: "pet-ct",
    name: "PET/CT",
    modalities: ["PT", "CT"],
    together: true,
    regions: [],
    stages: [
      row("CT and PET", [ctAxial, petAxial]),
      row("CT and PET coronal", [place([ofCt({ plane: ["coronal"] })]), place([ofPet({ plane: ["coronal"] })])]),
      overPrior([ctAxial, petAxial], 3),
      row("PET with prior", [petAxial, ofPrior(petAxial)]),
    ],
  },
  {
    id: "pet",
    name: "PET",
    modalities: ["PT"],
    regions: [],
    stages: [single("Axial", [axial, {}]), besidePrior([axial, {}])],
  },
];

export const sections: readonly Protocol[] = [...ct, ...mr, ...pet];
