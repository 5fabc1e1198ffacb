import { type Attributes, number, numbers, text } from "../dicom/attributes.ts";
import { frameAttributes } from "../dicom/functional-groups.ts";
import { Tag } from "../dicom/tags.ts";
import { isProjection, type Picture, pictureModalities, picturesOf } from "./pictures.ts";
import type { Kernel, Plane, Weighting } from "./protocol.ts";

/** What a hanging protocol may ask of a series. `null`: its objects do not say. */
export type SeriesFacts = {
  plane: Plane | null;
  weighting: Weighting | null;
  /** After contrast medium. */
  contrast: boolean;
  fatSaturated: boolean;
  kernel: Kernel | null;
  /** mm. */
  thickness: number | null;
  /** Of radiographs, mammograms, ultrasound and the like each picture, in order; empty for what is only paged as a stack. */
  pictures: readonly Picture[];
};

/**
 * Reads the facts of a series out of its objects.
 *
 * @param instances one of a stack; of what is looked at picture by picture all.
 */
export function seriesFacts(
  series: { modality: string; description: string },
  instances: readonly Attributes[],
): SeriesFacts {
  const first = frameAttributes(instances[0] ?? {}, 1);
  const words = series.description.replace(/[_/.,()[\]-]/g, " ");
  return {
    plane: isProjection(series.modality)
      ? null
      : (planeOf(numbers(first, Tag.ImageOrientationPatient)) ?? planeInWords(words)),
    weighting: series.modality === "MR" ? (weightingInWords(words) ?? weightingByTimes(first)) : null,
    contrast: hasContrast(words, text(first, Tag.ContrastBolusAgent)),
    fatSaturated: /\b(fs|fatsat|fat sat|spair|spir|stir|dixon w|wat|water)\b/i.test(words),
    kernel: series.modality === "CT" ? kernelOf(words, text(first, Tag.ConvolutionKernel) ?? "") : null,
    thickness: number(first, Tag.SliceThickness),
    pictures: pictureModalities.has(series.modality) ? picturesOf(series.modality, words, instances) : [],
  };
}

/** The plane of an image by the axis that its normal is nearest to; oblique from about 25° off every axis. */
export function planeOf(orientation: readonly number[]): Plane | null {
  if (orientation.length !== 6) return null;
  const [a, b, c, d, e, f] = orientation as [number, number, number, number, number, number];
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d].map(Math.abs);
  const largest = Math.max(...normal);
  if (largest < 0.9) return "oblique";
  return (["sagittal", "coronal", "axial"] as const)[normal.indexOf(largest)] ?? null;
}

function planeInWords(words: string): Plane | null {
  if (/\b(ax|axial|tra|transvers\w*)\b/i.test(words)) return "axial";
  if (/\b(sag|sagittal)\b/i.test(words)) return "sagittal";
  return /\b(cor|coronal)\b/i.test(words) ? "coronal" : null;
}

/** In this order: a FLAIR is a T2, an ADC map is named after its diffusion. */
const weightings: readonly (readonly [Weighting, RegExp])[] = [
  ["adc", /\badc\b|apparent diff/i],
  ["dwi", /\b(dwi|diff\w*|ep2d|trace\w*|b ?(800|1000)t?)\b/i],
  ["flair", /flair|dark.?fluid/i],
  ["stir", /\bs?tir\w*/i],
  ["swi", /\b(swi|swan|venobold|t2 ?\*|t2 ?star|gre|hemo|ffe)\b/i],
  ["tof", /\b(tof|mra|angio)\b/i],
  ["pd", /\b(pd|dp|proton)\w*/i],
  ["t1", /\bt1\w*|mp ?rage|\b(spgr|bravo|vibe|lava|thrive)\b/i],
  ["t2", /\bt2\w*|\b(tse|fse|haste|ssfse|ciss|fiesta)\b/i],
];

function weightingInWords(words: string): Weighting | null {
  return weightings.find(([, pattern]) => pattern.test(words))?.[0] ?? null;
}

/** Of a spin echo whose description says nothing, by its times (ms). */
function weightingByTimes(attributes: Attributes): Weighting | null {
  const echo = number(attributes, Tag.EchoTime);
  const repetition = number(attributes, Tag.RepetitionTime);
  const inversion = number(attributes, Tag.InversionTime) ?? 0;
  if (echo === null || repetition === null) return null;
  if (inversion >= 1500 && echo >= 60) return "flair";
  if (repetition >= 1800) return echo >= 60 ? "t2" : echo <= 45 ? "pd" : null;
  return repetition <= 1000 && echo <= 30 ? "t1" : null;
}

function hasContrast(words: string, agent: string | null): boolean {
  if (/\b(pre|without|w ?o|non ?contrast|native|nativ|unenhanced)\b/i.test(words)) return false;
  if (agent && !/^(no|none|n|nein|-)$/i.test(agent)) return true;
  return /(\+ ?c\b|\bc ?\+|\b(gd|gad\w*|post|contrast|enhanced|ce|km|arterial|venous|portal)\b)/i.test(words);
}

function kernelOf(words: string, kernel: string): Kernel | null {
  const said = `${words} ${kernel}`;
  if (/\b(lung\w*|lunge|pulmo\w*)\b/i.test(said)) return "lung";
  if (/\b(bone\w*|knochen|osseous|ear|iac)\b/i.test(said)) return "bone";
  // Siemens counts from smooth to sharp: B30f, Br40d, H60s.
  const sharpness = Number(/\b[A-Z][a-z]?(\d\d)[a-z]?/.exec(kernel)?.[1]);
  if (sharpness >= 60) return "bone";
  if (sharpness > 0 && sharpness < 50) return "soft";
  return /\b(soft|standard|stnd|std|brain|weich\w*|mediast\w*)\b/i.test(said) ? "soft" : null;
}
