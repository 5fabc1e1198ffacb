import * as core from "@cornerstonejs/core";
import { init as initLoader } from "@cornerstonejs/dicom-image-loader";
import * as tools from "@cornerstonejs/tools";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import type { Frame } from "./frame.ts";
import { loadFrameImage } from "./frame-image.ts";
import { imageModule } from "./image-modules.ts";
import { libraryTools } from "./library-tools.ts";
import { bytesForImages } from "./memory.ts";
import { ViewerError } from "./viewer-error.ts";

type Known = { frame: Frame; modality: string; dicomwebRoot: string };
const known = new Map<string, Known>();

/** Registers frames with Cornerstone. Idempotent. */
export function registerFrames(frames: readonly Frame[], modality: string, dicomwebRoot: string): void {
  for (const frame of frames) known.set(frame.imageId, { frame, modality, dicomwebRoot });
}

export function frameByImageId(imageId: string): Frame | undefined {
  return known.get(imageId)?.frame;
}

/** Removes planes that no cell shows any more. */
export function forgetPlanes(planes: readonly Frame[]): void {
  for (const { imageId } of planes) {
    known.delete(imageId);
    if (core.cache.getImageLoadObject(imageId)) core.cache.removeImageLoadObject(imageId);
  }
}

/** Removes the frames, and cached pixels, of studies that are no longer shown. */
export function forgetFramesExcept(keep: (frame: Frame, imageId: string) => boolean): void {
  for (const [imageId, { frame }] of known)
    if (!keep(frame, imageId)) {
      known.delete(imageId);
      if (core.cache.getImageLoadObject(imageId)) core.cache.removeImageLoadObject(imageId);
    }
}

let starting: Promise<void> | null = null;

/** Initialises Cornerstone once per page load: a second `init` of its image loader would drop images and metadata. */
export function start(): Promise<void> {
  starting ??= startOnce();
  return starting;
}

async function startOnce(): Promise<void> {
  await core.init({ debug: {}, rendering: { webGlContextCount: 1 } });
  await tools.init();
  initLoader({ maxWebWorkers: Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1)) });
  // Only its decoders are used; the interpretation of the pixels is ours.
  core.imageLoader.registerImageLoader("wadors", (imageId: string, options?: Record<string, unknown>) => {
    const entry = known.get(imageId);
    const promise = entry
      ? loadFrameImage(entry.frame, entry.dicomwebRoot, options?.requestType === core.Enums.RequestType.Interaction)
      : Promise.reject(new ViewerError("not-there", "This image is not open any more."));
    return { promise };
  });
  // The library leaves a second promise of each image unhandled; the viewport reports the error.
  window.addEventListener("unhandledrejection", (event) => {
    if (event.reason instanceof ViewerError) event.preventDefault();
  });
  core.metaData.addProvider((type: string, imageId: unknown) => {
    const entry = typeof imageId === "string" ? known.get(imageId) : undefined;
    return entry ? imageModule(type, entry.frame, entry.modality) : undefined;
  }, 10_000);
  core.cache.setMaxCacheSize(bytesForImages());
  for (const tool of libraryTools) tools.addTool(tool);
  styleAnnotations();
}

function styleAnnotations(): void {
  const styles = tools.annotation.config.style.getDefaultToolStyles();
  tools.annotation.config.style.setDefaultToolStyles({
    ...styles,
    global: {
      ...styles.global,
      color: "rgb(255, 221, 64)",
      colorHighlighted: "rgb(120, 220, 255)",
      colorSelected: "rgb(120, 220, 255)",
      lineWidth: "1.5",
      textBoxFontFamily: "system-ui, sans-serif",
      textBoxFontSize: "14px",
      textBoxColor: "rgb(255, 221, 64)",
      textBoxColorHighlighted: "rgb(120, 220, 255)",
      textBoxColorSelected: "rgb(120, 220, 255)",
      textBoxLinkLineColor: "rgb(255, 221, 64)",
      shadow: true,
    },
  });
}

let warming: Promise<void> | null = null;

/** One pixel, black, as the archive's renditions are made (HTJ2K, `archive/rendition/encode-lossless.ts`). */
const onePixel =
  "/0//UQApQAAAAAABAAAAAQAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAUEBEAB/1wAEyCIkJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4zMS4wLv9VACgAYAAAAAAAFwAAAAAADwAAAAAADwAAAAAADwAAAAAADwAAAAAAD/+QAAoAAAAAABcABv+TwAAm/38FB3QA/5AACgAAAAAADwEG/5MA/5AACgAAAAAADwIG/5MA/5AACgAAAAAADwMG/5MA/5AACgAAAAAADwQG/5MA/5AACgAAAAAADwUG/5MA/9k=";

/** Decodes a one-pixel image, which starts the decoder's worker and fetches its codec before the first real image needs them. */
export function warmDecoder(): Promise<void> {
  warming ??= start().then(async () => {
    const manager = core.getWebWorkerManager();
    await manager
      .executeTask("dicomImageLoader", "decodeTask", {
        imageFrame: {
          samplesPerPixel: 1,
          photometricInterpretation: "MONOCHROME2",
          rows: 1,
          columns: 1,
          bitsAllocated: 16,
          bitsStored: 16,
          pixelRepresentation: 0,
          planarConfiguration: 0,
        },
        transferSyntax: TS.htj2kLosslessRpcl,
        pixelData: Uint8Array.from(atob(onePixel), (c) => c.charCodeAt(0)),
        options: { preScale: { enabled: false } },
        decodeConfig: undefined,
      })
      .catch(() => {
        // Warming up is optional; the first real image reports what is wrong.
      });
  });
  return warming;
}

const firstByteMs = 45_000;

/**
 * Fetches and decodes one frame into the cache.
 *
 * @throws {ViewerError}
 */
export async function loadFrame(frame: Frame, urgent: boolean): Promise<core.Types.IImage> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // A plane waits for a whole volume, which says how far it has come.
    if (frame.reformat) return;
    timer = setTimeout(
      () => reject(new ViewerError("unreachable", "The image took too long to arrive.")),
      urgent ? firstByteMs : firstByteMs * 2,
    );
  });
  try {
    return await Promise.race([
      core.imageLoader.loadAndCacheImage(frame.imageId, {
        priority: urgent ? -5 : 5,
        requestType: urgent ? core.Enums.RequestType.Interaction : core.Enums.RequestType.Prefetch,
      }),
      late,
    ]);
  } catch (error) {
    if (core.cache.getImageLoadObject(frame.imageId)) core.cache.removeImageLoadObject(frame.imageId);
    throw toViewerError(error);
  } finally {
    clearTimeout(timer);
  }
}

export function isLoaded(frame: Frame): boolean {
  return core.cache.isLoaded(frame.imageId);
}

function toViewerError(error: unknown): ViewerError {
  return error instanceof ViewerError
    ? error
    : new ViewerError("unreadable", "This image could not be decoded.", { cause: error });
}
