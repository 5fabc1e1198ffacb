import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { drawPixels, isColour } from "@overread/shared/dicom/pixels/draw-pixels";
import { resolutionEnds } from "@overread/shared/dicom/pixels/htj2k-stream";
import { storedValues } from "@overread/shared/dicom/pixels/stored-values";
import { chosenVoi } from "@overread/shared/dicom/pixels/voi";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { type DecodedFrame, decodeReduced } from "./decode-frame.ts";
import type { FrameSoFar } from "./fetch-frame.ts";
import type { Frame } from "./frame.ts";
import { previewAt, worthWaitingMs } from "./preview-at.ts";
import { type Voi, voiOf } from "./voi.ts";

/**
 * A smaller picture of a frame, made of what has come of it. It is drawn beside the image library and never given to it: nothing can be
 * measured in it, and no value read from it.
 */
export type Preview = {
  width: number;
  height: number;
  /** Of the frame's bytes, those it was made of. */
  bytes: number;
  ofBytes: number;
  /** @param windowed the window, of the one that the picture would open with; null for colour. */
  draw(windowed: (sent: Voi) => Voi, inverted: boolean): ImageData;
};

type Watcher = (preview: Preview) => void;
/** By image: who looks, and the newest preview of a frame that is still coming. */
const watchers = new Map<string, Set<Watcher>>();
const newest = new Map<string, Preview>();

/** Shows the previews of a frame that is being fetched, beginning with the one there is. @returns stops. */
export function watchPreviews(imageId: string, watcher: Watcher): () => void {
  const all = watchers.get(imageId) ?? new Set();
  watchers.set(imageId, all.add(watcher));
  const known = newest.get(imageId);
  if (known) watcher(known);
  return () => {
    all.delete(watcher);
    if (all.size === 0) watchers.delete(imageId);
  };
}

/** Makes previews of a frame while it arrives. `end`: the frame is here, or is not coming. */
export function previewsOf(frame: Frame, described: PixelDescription): { onPart(part: FrameSoFar): void; end(): void } {
  let ends: number[] | null = null;
  let here: FrameSoFar | null = null;
  let last = -1;
  let busy = false;
  let over = false;
  const began = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Makes the picture that pays now, if one does, and looks again when it may: a line can stand still. */
  function look(): void {
    clearTimeout(timer);
    if (!here || !ends || busy || over) return;
    const part = { bytes: here.bytes.length, ofBytes: here.ofBytes, sinceMs: performance.now() - began };
    const resolution = previewAt(part, ends, last);
    if (resolution === null) {
      timer = setTimeout(look, worthWaitingMs);
      return;
    }
    last = resolution;
    busy = true;
    make(here, resolution)
      // The image itself says what is wrong with it.
      .catch(() => {})
      .finally(() => {
        busy = false;
        look();
      });
  }

  async function make({ bytes, transferSyntaxUid, ofBytes }: FrameSoFar, resolution: number): Promise<void> {
    const level = (ends as number[]).length - 1 - resolution;
    const begin = bytes.subarray(0, (ends as number[])[resolution]);
    const decoded = await decodeReduced(begin, transferSyntaxUid, level, { ...described, transferSyntaxUid });
    if (over) return;
    const preview = { ...pictureOf(decoded), bytes: begin.length, ofBytes };
    newest.set(frame.imageId, preview);
    for (const watcher of watchers.get(frame.imageId) ?? []) watcher(preview);
  }

  return {
    onPart(part) {
      if (part.transferSyntaxUid !== TS.htj2kLosslessRpcl) return;
      here = part;
      ends ??= resolutionEnds(part.bytes);
      look();
    },
    end() {
      over = true;
      clearTimeout(timer);
      newest.delete(frame.imageId);
    },
  };
}

function pictureOf({ bytes, description }: DecodedFrame): Omit<Preview, "bytes" | "ofBytes"> {
  const { columns: width, rows: height } = description;
  return {
    width,
    height,
    draw(windowed, inverted) {
      const isGrey = !isColour(description);
      const voi = isGrey ? windowed(voiOf(chosenVoi(storedValues(bytes, description), description))) : null;
      const shown = isGrey && inverted ? { ...description, inverse: !description.inverse } : description;
      const { data, channels } = drawPixels(bytes, shown, voi && !voi.lut ? voi : null);
      const out = new ImageData(width, height);
      for (let i = 0; i < width * height; i++) {
        for (let c = 0; c < 3; c++) out.data[i * 4 + c] = data[i * channels + (channels === 3 ? c : 0)] as number;
        out.data[i * 4 + 3] = 255;
      }
      return out;
    },
  };
}
