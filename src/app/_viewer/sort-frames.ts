import { type Attributes, number, text } from "@overread/shared/dicom/attributes";
import { PrivateTag } from "@overread/shared/dicom/private-tags";
import { Tag } from "@overread/shared/dicom/tags";
import type { Frame } from "./frame.ts";
import { dot } from "./vectors.ts";

const samePlane = 0.99;
const samePlaceMm = 0.01;

/**
 * The order in which a reader pages through a series.
 *
 * By Instance Number where every image has its own, because reports cite "image 41". Where numbers are missing or
 * repeat: plane by plane, and within a plane by number if that is unique, else by position; at one position by time
 * point, b-value or echo. Images without a position are sorted by Slice Location. The order of arrival decides only
 * between images that are equal in all of this.
 */
export function sortFrames(frames: readonly Frame[]): Frame[] {
  const byInstance = new Map<string, Frame[]>();
  for (const frame of frames) {
    const known = byInstance.get(frame.sopInstanceUid);
    if (known) known.push(frame);
    else byInstance.set(frame.sopInstanceUid, [frame]);
  }
  if (frames.some((frame) => frame.numberOfFrames > 1)) {
    const instances = [...byInstance.values()];
    return sortedBy(instances, [(frames) => instanceNumber(frames[0])]).flatMap(framesInOrder);
  }
  if (numberedApart(frames)) return sortedBy(frames, [instanceNumber]);
  return planesOf(frames).flatMap((plane) =>
    sortedBy(plane, numberedApart(plane) ? [instanceNumber] : [...placeKeys(plane), ...timeKeys, instanceNumber]),
  );
}

/** Whether each of these images has an Instance Number of its own. */
function numberedApart(frames: readonly Frame[]): boolean {
  const numbers = frames.map(instanceNumber);
  return numbers.every((each) => each !== null) && new Set(numbers).size === frames.length;
}

/** Sorts frames of one instance by their In-Stack Position, otherwise by their position in the patient. */
function framesInOrder(frames: readonly Frame[]): Frame[] {
  if (frames.every((frame) => number(frame.attributes, Tag.InStackPositionNumber) !== null)) {
    const stacks = [...new Set(frames.map(stackId))];
    const stack = (frame: Frame) => stacks.indexOf(stackId(frame));
    return sortedBy(frames, [stack, (frame) => number(frame.attributes, Tag.InStackPositionNumber), ...timeKeys]);
  }
  const along = frames.map((frame) => frame.alongNormal);
  const places = new Set(along.map((value) => (value === null ? null : Math.round(value / samePlaceMm))));
  // Only where each frame has its own position in one plane: a loop, a rotation or a time series is a sequence.
  if (along.includes(null) || places.size !== frames.length || planesOf(frames).length > 1) return [...frames];
  const rising = along.every((value, i) => i === 0 || (value ?? 0) > (along[i - 1] ?? 0));
  const falling = along.every((value, i) => i === 0 || (value ?? 0) < (along[i - 1] ?? 0));
  return rising || falling ? [...frames] : sortedBy(frames, [(frame) => frame.alongNormal]);
}

const stackId = (frame: Frame) => text(frame.attributes, Tag.StackID) ?? "";
/** Instance Number of the instance: converted multi-frame images keep the original numbers in their frames. */
const instanceNumber = (frame: Frame | undefined) => (frame ? number(frame.instance, Tag.InstanceNumber) : null);

/** Groups images into parallel planes, in the order in which each plane first appears. */
function planesOf(frames: readonly Frame[]): Frame[][] {
  const planes: Frame[][] = [];
  for (const frame of frames) {
    const plane = planes.find(([other]) => other && parallel(frame, other));
    if (plane) plane.push(frame);
    else planes.push([frame]);
  }
  return planes;
}

function parallel(a: Frame, b: Frame): boolean {
  if (!a.rowDirection || !a.columnDirection || !b.rowDirection || !b.columnDirection)
    return a.rowDirection === b.rowDirection;
  return dot(a.rowDirection, b.rowDirection) > samePlane && dot(a.columnDirection, b.columnDirection) > samePlane;
}

type Key = (frame: Frame) => number | null;

function placeKeys(plane: readonly Frame[]): Key[] {
  if (plane.every((frame) => frame.alongNormal !== null))
    return [({ alongNormal }) => (alongNormal === null ? null : Math.round(alongNormal / samePlaceMm))];
  if (plane.every((frame) => frame.sliceLocation !== null)) return [({ sliceLocation }) => sliceLocation];
  return [];
}

const of =
  (tag: string): Key =>
  ({ attributes }) =>
    number(attributes, tag);

/** Distinguishes images at one position, from explicit attributes to what acquisition times imply. */
const timeKeys: Key[] = [
  of(Tag.TemporalPositionIdentifier),
  of(Tag.TemporalPositionIndex),
  bValue,
  of(Tag.EchoNumbers),
  of(Tag.EchoTime),
  of(Tag.NominalCardiacTriggerDelayTime),
  of(Tag.TriggerTime),
  of(Tag.AcquisitionNumber),
  clock(Tag.AcquisitionDateTime),
  clock(Tag.AcquisitionTime),
  clock(Tag.ContentTime),
];

/**
 * Diffusion b-value; images without diffusion weighting often omit it. Old Syngo versions kept it in a private element.
 */
function bValue({ attributes }: Frame): number | null {
  const siemens =
    text(attributes, PrivateTag.Creator0019) === "SIEMENS MR HEADER"
      ? number(attributes, PrivateTag.SiemensBValue)
      : null;
  return number(attributes, Tag.DiffusionBValue) ?? siemens ?? 0;
}

/** A TM or DT value as a number that grows with time, fractions included. */
function clock(tag: string): Key {
  return ({ attributes }: { attributes: Attributes }) => {
    const [, digits = "", fraction = ""] = /^(\d{2,14})(\.\d+)?/.exec(text(attributes, tag) ?? "") ?? [];
    return digits ? Number(digits.padEnd(tag === Tag.AcquisitionDateTime ? 14 : 6, "0") + fraction) : null;
  };
}

/** Stable sort; a key that either image lacks does not separate them. */
function sortedBy<T>(all: readonly T[], keys: readonly ((each: T) => number | null)[]): T[] {
  // Only keys that all images have: a comparison defined for some pairs only gives no consistent order.
  const usable = keys.filter((key) => all.every((each) => key(each) !== null));
  return [...all].sort((a, b) => {
    for (const key of usable) {
      const difference = (key(a) ?? 0) - (key(b) ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}
