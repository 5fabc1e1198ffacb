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
 * Instance Number where every image has its own, because reports speak of "image 41". Where numbers are missing or
 * begin again: plane by plane, in each by number if that is enough, else by place, and at one place by time point,
 * b-value or echo; images without a place by Slice Location. The order of arrival decides nothing but what nothing else does.
 */
export function inOrder(frames: readonly Frame[]): Frame[] {
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

/** Whether each image has an Instance Number of its own among these. */
function numberedApart(frames: readonly Frame[]): boolean {
  const numbers = frames.map(instanceNumber);
  return numbers.every((each) => each !== null) && new Set(numbers).size === frames.length;
}

/** Frames of one instance: by their place in the stack they are said to belong to, otherwise by where they lie. */
function framesInOrder(frames: readonly Frame[]): Frame[] {
  if (frames.every((frame) => number(frame.attributes, Tag.InStackPositionNumber) !== null)) {
    const stacks = [...new Set(frames.map(stackId))];
    const stack = (frame: Frame) => stacks.indexOf(stackId(frame));
    return sortedBy(frames, [stack, (frame) => number(frame.attributes, Tag.InStackPositionNumber), ...timeKeys]);
  }
  const along = frames.map((frame) => frame.alongNormal);
  const places = new Set(along.map((value) => (value === null ? null : Math.round(value / samePlaceMm))));
  // Only where each frame has a place of its own in one plane: a loop, a rotation or a series in time is a sequence.
  if (along.includes(null) || places.size !== frames.length || planesOf(frames).length > 1) return [...frames];
  const rising = along.every((value, i) => i === 0 || (value ?? 0) > (along[i - 1] ?? 0));
  const falling = along.every((value, i) => i === 0 || (value ?? 0) < (along[i - 1] ?? 0));
  return rising || falling ? [...frames] : sortedBy(frames, [(frame) => frame.alongNormal]);
}

const stackId = (frame: Frame) => text(frame.attributes, Tag.StackID) ?? "";
/** Of the instance: converted multi-frame images keep the numbers of the single ones in their frames. */
const instanceNumber = (frame: Frame | undefined) => (frame ? number(frame.instance, Tag.InstanceNumber) : null);

/** Images that lie in parallel planes, in the order in which a plane is met first. */
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

/** What tells images of one place apart, from what is said outright to what follows from clocks. */
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

/** Diffusion b-value; images without diffusion beside those with it leave it out. Syngo once kept it in a private place. */
function bValue({ attributes }: Frame): number | null {
  const siemens =
    text(attributes, PrivateTag.Creator0019) === "SIEMENS MR HEADER"
      ? number(attributes, PrivateTag.SiemensBValue)
      : null;
  return number(attributes, Tag.DiffusionBValue) ?? siemens ?? 0;
}

/** A time or date and time as a number that grows with it; fractions count. */
function clock(tag: string): Key {
  return ({ attributes }: { attributes: Attributes }) => {
    const [, digits = "", fraction = ""] = /^(\d{2,14})(\.\d+)?/.exec(text(attributes, tag) ?? "") ?? [];
    return digits ? Number(digits.padEnd(tag === Tag.AcquisitionDateTime ? 14 : 6, "0") + fraction) : null;
  };
}

/** Stable; a key that one of two does not have does not tell them apart. */
function sortedBy<T>(all: readonly T[], keys: readonly ((each: T) => number | null)[]): T[] {
  // Only keys that all have make an order: a comparison that holds for some pairs alone is none.
  const usable = keys.filter((key) => all.every((each) => key(each) !== null));
  return [...all].sort((a, b) => {
    for (const key of usable) {
      const difference = (key(a) ?? 0) - (key(b) ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}
