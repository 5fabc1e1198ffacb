import * as core from "@cornerstonejs/core";
import { forgetPlanes, frameByImageId, registerFrames } from "../cornerstone.ts";
import { planeImage } from "../frame-image.ts";
import type { LoadedSeries } from "../series-store.ts";
import { ViewerError } from "../viewer-error.ts";
import { sampledPlane } from "./resample.ts";
import { loadedVolume } from "./volume-store.ts";

/** What each viewport shows: two may show the same planes. */
const shown = new Map<string, LoadedSeries>();
let started = false;

/** Makes the planes of a viewport known to the library; those that it showed before are forgotten. Null: none. */
export function showPlanes(viewport: string, loaded: LoadedSeries | null): void {
  if (!started) core.imageLoader.registerImageLoader("plane", (imageId: string) => ({ promise: makePlane(imageId) }));
  started = true;
  const before = shown.get(viewport);
  if (loaded) {
    shown.set(viewport, loaded);
    registerFrames(loaded.frames, loaded.modality, loaded.study.dicomwebRoot);
  } else shown.delete(viewport);
  const [first] = before?.frames ?? [];
  const isShown = [...shown.values()].some(({ frames }) => frames[0]?.imageId === first?.imageId);
  if (before && !isShown) forgetPlanes(before.frames);
}

async function makePlane(imageId: string): Promise<core.Types.IImage> {
  const frame = frameByImageId(imageId);
  if (!frame?.reformat) throw new ViewerError("not-there", "This plane is not open any more.");
  const { voxels, voi, whole } = await loadedVolume(frame.reformat.volume);
  const { values } = sampledPlane(voxels, frame);
  return planeImage(frame, values, voxels, whole, voi);
}
