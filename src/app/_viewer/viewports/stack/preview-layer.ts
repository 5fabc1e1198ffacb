import type { Types } from "@cornerstonejs/core";
import type { Frame } from "../../frame.ts";
import { openingVoi, windowPerImage } from "../../presets.ts";
import type { Preview } from "../../preview.ts";
import type { Cell } from "../../session/cell.ts";
import type { Fit } from "../../session/fit.ts";
import { currentWindow } from "../../session/presentation.ts";
import type { Vec3 } from "../../vectors.ts";
import type { Voi } from "../../voi.ts";
import { openingPlace, type Place, placeByCorners } from "./preview-place.ts";

/** A picture of what has come of an image, over the one before, until the image is whole. */
export type PreviewLayer = {
  /** @param seen what the renderer shows now, with its window; null: nothing yet. */
  show(index: number, preview: Preview, seen: { frame: Frame; voi: Voi | null } | null): void;
  /** Index of the image it shows; null: none. */
  shown(): number | null;
  stand(fit: Fit | null): void;
  hide(): void;
};

/** @param onChange called when a preview has come or gone. */
export function createPreviewLayer(
  viewport: Types.IStackViewport,
  element: HTMLDivElement,
  cell: () => Cell,
  onChange: (index: number | null) => void,
): PreviewLayer {
  let canvas: HTMLCanvasElement | null = null;
  let at: number | null = null;
  let fit: Fit | null = null;

  function layer(): HTMLCanvasElement {
    if (canvas) return canvas;
    canvas = document.createElement("canvas");
    Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%", zIndex: "2" });
    canvas.dataset.preview = "";
    // No tool gets hold of a picture that is not whole, nor of what lies under it.
    for (const type of ["mousedown", "pointerdown", "touchstart", "mousemove", "dblclick"] as const)
      canvas.addEventListener(type, (event) => event.stopPropagation());
    // Over the picture, and under the words around it.
    element.style.isolation = "isolate";
    element.append(canvas);
    return canvas;
  }

  function place(frame: Frame, seen: Frame | null): Place | null {
    const box = { width: element.clientWidth, height: element.clientHeight };
    if (!seen) return cell().presentation.camera ? null : openingPlace(frame, box, fit);
    // The camera stays only between images that are alike; where it would go otherwise is not known before.
    const isAlike =
      seen.rows === frame.rows &&
      seen.columns === frame.columns &&
      seen.size.row === frame.size.row &&
      seen.size.column === frame.size.column &&
      `${seen.rowDirection} ${seen.columnDirection}` === `${frame.rowDirection} ${frame.columnDirection}`;
    if (!isAlike) return null;
    const corner = (column: number, row: number) => viewport.worldToCanvas(pointAt(seen, column, row));
    return placeByCorners(frame, [corner(0, 0), corner(frame.columns, 0), corner(0, frame.rows)]);
  }

  return {
    show(index, preview, seen) {
      const { loaded, presentation } = cell();
      const frame = loaded?.frames[index];
      if (!loaded || !frame || element.clientWidth === 0) return;
      const stands = place(frame, seen?.frame ?? null);
      if (!stands) return;
      const window =
        currentWindow(cell(), index) ?? (windowPerImage(loaded.modality) ? null : seen?.voi) ?? presentation.given;
      const pixels = preview.draw((sent) => window ?? openingVoi(loaded.modality, frame, sent), presentation.inverted);
      const picture = document.createElement("canvas");
      picture.width = preview.width;
      picture.height = preview.height;
      picture.getContext("2d")?.putImageData(pixels, 0, 0);
      const target = layer();
      const ratio = globalThis.devicePixelRatio || 1;
      target.width = Math.round(element.clientWidth * ratio);
      target.height = Math.round(element.clientHeight * ratio);
      const context = target.getContext("2d");
      if (!context) return;
      context.fillStyle = "#000";
      context.fillRect(0, 0, target.width, target.height);
      const { a, b, c, d, e, f } = stands;
      context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, 0, 0, frame.columns, frame.rows);
      target.dataset.preview = `${index} ${preview.width}x${preview.height} ${preview.bytes}/${preview.ofBytes}`;
      at = index;
      onChange(index);
    },
    shown: () => at,
    stand(next) {
      fit = next;
    },
    hide() {
      if (!canvas) return;
      canvas.remove();
      canvas = null;
      at = null;
      onChange(null);
    },
  };
}

const alongX: Vec3 = [1, 0, 0];
const alongY: Vec3 = [0, 1, 0];
/** Where a corner between pixels is; the position of a frame is the middle of its first pixel. Without one as `image-modules.ts` has it. */
function pointAt({ position, rowDirection, columnDirection, size }: Frame, column: number, row: number): Vec3 {
  const right = rowDirection ?? alongX;
  const below = columnDirection ?? alongY;
  return (position ?? [0, 0, 0]).map(
    (value, i) => value + (column - 0.5) * size.column * (right[i] ?? 0) + (row - 0.5) * size.row * (below[i] ?? 0),
  ) as Vec3;
}
