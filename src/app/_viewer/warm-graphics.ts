import * as core from "@cornerstonejs/core";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { forgetFramesExcept, registerFrames, start } from "./cornerstone.ts";
import { lastSize, sharedEngine } from "./engine.ts";
import { greyFrameImage } from "./frame-image.ts";
import { seriesContent } from "./frames.ts";

const side = 16;
const text = (value: string) => ({ vr: "UI", Value: [value] });
const whole = (value: number) => ({ vr: "US", Value: [value] });
/** An image of nothing, as CT slices are made. */
const nothing: Attributes = {
  [Tag.SOPInstanceUID]: text("0"),
  [Tag.SeriesInstanceUID]: text("0"),
  [Tag.Rows]: whole(side),
  [Tag.Columns]: whole(side),
  [Tag.SamplesPerPixel]: whole(1),
  [Tag.PhotometricInterpretation]: { vr: "CS", Value: ["MONOCHROME2"] },
  [Tag.BitsAllocated]: whole(16),
  [Tag.BitsStored]: whole(16),
  [Tag.HighBit]: whole(15),
  [Tag.PixelRepresentation]: whole(0),
  [Tag.WindowCenter]: { vr: "DS", Value: ["40"] },
  [Tag.WindowWidth]: { vr: "DS", Value: ["400"] },
};

let warming: Promise<void> | null = null;

/**
 * Draws an image of nothing, off the screen: makes the WebGL context and has its shaders compiled before the first real image needs them.
 * Fails silently: the first real image makes them then.
 *
 * @param now the page waits for its images: not only when nothing else is to be done.
 */
export function warmGraphics({ now = false } = {}): Promise<void> {
  const pause = now ? async () => {} : idle;
  warming ??= start()
    .then(pause)
    .then(() => draw(pause))
    .catch(() => {});
  return warming;
}

/** Whoever works on the page comes first. */
const idle = (): Promise<void> =>
  new Promise((resolve) => {
    if ("requestIdleCallback" in window) window.requestIdleCallback(() => resolve(), { timeout: 3000 });
    else setTimeout(resolve, 200);
  });

async function draw(pause: () => Promise<void>): Promise<void> {
  const engine = sharedEngine();
  // Somebody reads already, or there is no graphics to warm.
  if (core.getShouldUseCPURendering() || engine.getViewports().length > 0) return;
  await pause();
  const { frames } = seriesContent("nowhere", "0", [nothing]);
  const [frame] = frames;
  if (!frame || engine.getViewports().length > 0) return;
  registerFrames(frames, "CT", "");
  const { imageId } = frame;
  const image = greyFrameImage(frame, new Uint8Array(side * side * 2));
  await core.cache.putImageLoadObject(imageId, { promise: Promise.resolve(image) });
  const element = document.createElement("div");
  const { width, height } = lastSize();
  // Of the size of a cell: to make the drawing buffer another size takes as long as to make it.
  Object.assign(element.style, { position: "fixed", top: "0", left: `-${width + 100}px`, visibility: "hidden" });
  Object.assign(element.style, { width: `${width}px`, height: `${height}px` });
  element.setAttribute("aria-hidden", "true");
  document.body.append(element);
  const id = "warm";
  try {
    engine.enableElement({ viewportId: id, type: core.Enums.ViewportType.STACK, element });
    const viewport = engine.getViewport(id) as core.Types.IStackViewport;
    await viewport.setStack([imageId]);
    engine.renderViewport(id);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  } finally {
    engine.disableElement(id);
    element.remove();
    forgetFramesExcept((each) => each !== frame);
  }
}
