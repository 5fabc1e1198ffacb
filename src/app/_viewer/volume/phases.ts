import { number, text } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import type { Frame } from "../frame.ts";

const samePlaceMm = 0.01;

/** What tells images at one place apart, the plainest first. */
const keys: readonly ((frame: Frame) => string | number | null)[] = [
  ({ attributes }) => number(attributes, Tag.TemporalPositionIdentifier),
  ({ attributes }) => number(attributes, Tag.TemporalPositionIndex),
  ({ attributes }) => number(attributes, Tag.DiffusionBValue),
  ({ attributes }) => number(attributes, Tag.EchoNumbers),
  ({ attributes }) => number(attributes, Tag.EchoTime),
  ({ attributes }) => number(attributes, Tag.NominalCardiacTriggerDelayTime),
  ({ attributes }) => number(attributes, Tag.TriggerTime),
  ({ attributes }) => text(attributes, Tag.StackID),
  ({ attributes }) => (attributes[Tag.ImageType]?.Value ?? []).join(" ") || null,
  ({ attributes }) => number(attributes, Tag.AcquisitionNumber),
  ({ attributes }) => text(attributes, Tag.AcquisitionDateTime),
  ({ attributes }) => text(attributes, Tag.AcquisitionTime),
];

/**
 * Splits images that share places into phases with one image at each place: by time point, b-value, echo, heart phase,
 * kind of image or acquisition, alone or two of them together. A single phase where no place has two images. Null where
 * nothing tells them apart: the order of arrival or of numbers would be a guess.
 */
export function phasesOf(frames: readonly Frame[]): readonly (readonly Frame[])[] | null {
  if (isApart(frames)) return [frames];
  for (const key of keys) {
    const phases = groupedBy(frames, key);
    if (phases?.every(isApart)) return phases;
  }
  for (const [i, one] of keys.entries())
    for (const two of keys.slice(i + 1)) {
      const both = (frame: Frame) => {
        const [a, b] = [one(frame), two(frame)];
        return a === null || b === null ? null : `${a}|${b}`;
      };
      const phases = groupedBy(frames, both);
      if (phases?.every(isApart)) return phases;
    }
  return null;
}

/** Whether no two images lie at one place. */
function isApart(frames: readonly Frame[]): boolean {
  const places = frames.map(({ alongNormal }) => alongNormal ?? 0).sort((a, b) => a - b);
  return places.every((place, i) => i === 0 || place - (places[i - 1] as number) > samePlaceMm);
}

/** Null where an image lacks the key, or the key is not shared by images of other places. */
function groupedBy(frames: readonly Frame[], key: (frame: Frame) => string | number | null): Frame[][] | null {
  const groups = new Map<string | number, Frame[]>();
  for (const frame of frames) {
    const value = key(frame);
    if (value === null) return null;
    const group = groups.get(value);
    if (group) group.push(frame);
    else groups.set(value, [frame]);
  }
  const all = [...groups.values()];
  // A time that each image has of its own tells nothing about what belongs together.
  return all.length > 1 && all.every((group) => group.length > 1) ? all : null;
}
