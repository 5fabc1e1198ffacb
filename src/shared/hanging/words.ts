import type { HangingWindow, PictureKind, Place, Want, Weighting } from "./protocol.ts";

/** Protocols in plain words, for the editor and its readers. */

const weightings: { readonly [W in Weighting]: string } = {
  t1: "T1",
  t2: "T2",
  flair: "FLAIR",
  pd: "PD",
  stir: "STIR",
  dwi: "diffusion",
  adc: "ADC",
  swi: "SWI",
  tof: "TOF",
};
const kinds: { readonly [K in PictureKind]: string } = {
  "2d": "2D",
  synthetic: "synthesised",
  tomo: "tomosynthesis",
  subtracted: "subtracted",
  loop: "loop",
  overview: "overview",
  label: "label",
  slide: "slide",
};

/** A word of a list as its reader knows it: `"t1"` → `"T1"`. */
export const choiceInWords = (value: string): string =>
  weightings[value as Weighting] ?? kinds[value as PictureKind] ?? value;

const anyOf = (values: readonly string[] | undefined): string | null =>
  values ? values.map(choiceInWords).join(" or ") : null;

/** `"axial T1 after contrast"`, `"any series"`. */
export function wantInWords(want: Want): string {
  const { modality, plane, weighting, kernel, view, side, picture, apart, contrast, fatSaturated } = want;
  const words = [
    anyOf(modality),
    side === "R" ? "right" : side === "L" ? "left" : null,
    anyOf(plane),
    anyOf(view),
    anyOf(weighting),
    fatSaturated === undefined ? null : fatSaturated ? "fat-saturated" : "not fat-saturated",
    kernel ? `${anyOf(kernel)} kernel` : null,
    contrast === undefined ? null : contrast ? "after contrast" : "without contrast",
    anyOf(picture),
    apart ? "no standard view" : null,
  ];
  return words.filter(Boolean).join(" ") || "any series";
}

/** Of which study and what a place shows, in order of preference: `"Prior: axial T1, else any series"`. */
export function placeInWords({ study, wants, nth, whole }: Place): string {
  if (wants.length === 0) return "Empty";
  const of = study === 0 ? "" : study === 1 ? "Prior: " : `Prior ${study}: `;
  const asked = wants.map(wantInWords).join(", else ");
  const words = nth === undefined ? asked : `picture ${nth + 1}${asked === "any series" ? "" : ` of ${asked}`}`;
  const said = `${of}${words}${whole ? " as a stack" : ""}`;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** `"W 80 L 40"`. */
export const windowInWords = ({ center, width }: HangingWindow): string => `W ${width} L ${center}`;
