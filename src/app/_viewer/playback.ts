import { number, numbers, text } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import type { Frame } from "./frame.ts";

/** How a loop is to be played. Indexes into the cell's frames. */
export type Playback = {
  first: number;
  last: number;
  /** Plays back and forth instead of restarting. */
  sweep: boolean;
  /** Images per second; null when the object gives no rate. */
  rate: number | null;
  /** Milliseconds before each image from `first` on, where they vary. */
  delays: number[] | null;
};

const frameTimeVector = Tag.FrameTimeVector;

/**
 * How the loop around an image is to be played (PS3.3 §C.7.6.5): the frames of its instance without trimmed ones, or
 * the whole series where each instance is one image.
 */
export function playbackOf(frames: readonly Frame[], index: number): Playback {
  const frame = frames[index];
  const whole = { first: 0, last: frames.length - 1, sweep: false, rate: null, delays: null };
  if (!frame) return whole;
  const a = frame.attributes;
  const delays = delaysOf(frame);
  const usual = delays && mean(delays.slice(1));
  const told = number(a, Tag.RecommendedDisplayFrameRate) ?? number(a, Tag.CineRate);
  const frameTime = number(a, Tag.FrameTime);
  const interval = usual ?? frameTime;
  const rate = told && told > 0 ? told : interval && interval > 0 ? 1000 / interval : null;
  if (frame.numberOfFrames === 1) return { ...whole, rate };
  const mine = frames.flatMap((each, i) => (each.sopInstanceUid === frame.sopInstanceUid ? [i] : []));
  const begin = mine[0] ?? 0;
  const end = mine.at(-1) ?? begin;
  const start = number(a, Tag.StartTrim) ?? 1;
  const stop = number(a, Tag.StopTrim) ?? mine.length;
  const trimmed = start >= 1 && stop <= mine.length && start < stop;
  const first = trimmed ? begin + start - 1 : begin;
  const last = trimmed ? begin + stop - 1 : end;
  const sweep = number(a, Tag.PreferredPlaybackSequencing) === 1;
  return { first, last, sweep, rate, delays: delays?.slice(first - begin, last - begin + 1) ?? null };
}

/** Frame Time Vector, if Frame Increment Pointer refers to it or no other timing is given. */
function delaysOf({ attributes, numberOfFrames }: Frame): number[] | null {
  const pointer = (text(attributes, Tag.FrameIncrementPointer) ?? "").replace(/\W/g, "");
  if (pointer !== frameTimeVector && number(attributes, Tag.FrameTime) !== null) return null;
  const vector = numbers(attributes, frameTimeVector);
  return vector.length === numberOfFrames && vector.length > 1 && mean(vector.slice(1)) > 0 ? vector : null;
}

/** The next image of the loop, and the direction from there. */
export function nextImage(
  { first, last, sweep }: Playback,
  index: number,
  direction: 1 | -1,
): { index: number; direction: 1 | -1 } {
  if (index < first || index > last) return { index: first, direction: 1 };
  if (!sweep) return { index: index === last ? first : index + 1, direction: 1 };
  const turned = index + direction > last || index + direction < first ? -direction : direction;
  return { index: Math.min(last, Math.max(first, index + turned)), direction: turned === 1 ? 1 : -1 };
}

/** Milliseconds before an image, at a rate which the reader may have changed. */
export function delayBefore({ first, rate, delays }: Playback, index: number, fps: number): number {
  const told = delays?.[index - first];
  // The first entry of the vector is 0; before the first image the loop waits as long as before the last.
  if (!told || !rate) return 1000 / fps;
  return (told * rate) / fps;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
