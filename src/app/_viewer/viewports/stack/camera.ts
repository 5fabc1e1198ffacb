import type { Types } from "@cornerstonejs/core";
import type { Frame } from "../../frame.ts";
import type { Letters } from "../../geometry.ts";
import type { Camera } from "../../session/cell.ts";
import { cameraLabels } from "./camera-labels.ts";

/** The camera of one stack viewport: applies the cell's camera and reports changes by pointer. */
export type StackCamera = {
  /** Reads the library's camera as it is now. */
  read(frame: Frame): void;
  /** Applies the cell's camera. @returns whether a redraw is needed. */
  sync(wanted: Camera | null, frame: Frame): boolean;
  move(how: "flip" | "rotate" | "reset" | { zoomBy: number }, frame: Frame): void;
  /** The element's size has changed. @returns whether the image was fitted again. */
  resized(): boolean;
  clear(): void;
  close(): void;
};

/**
 * @param onLabels called with orientation letters and zoom.
 * @param onMove called with a changed camera; null is whole and upright.
 */
export function createStackCamera(
  viewport: Types.IStackViewport,
  element: HTMLDivElement,
  onLabels: (labels: { letters: Letters | null; zoom: number }) => void,
  onMove: (camera: Camera | null) => void,
): StackCamera {
  /** The camera last applied. */
  let applied: Camera | null = null;
  /** The image is fitted to the viewport: until the reader zooms or pans, and again after a reset. */
  let fitted = true;
  /** While a pointer is down, a camera change is the reader's; otherwise it comes from a resize. */
  let pointerIsDown = false;
  const onPointerDown = () => {
    pointerIsDown = true;
  };
  const onPointerEnd = () => {
    pointerIsDown = false;
  };
  const pointerEndEvents = ["pointerup", "pointercancel"] as const;
  element.addEventListener("pointerdown", onPointerDown);
  for (const name of pointerEndEvents) window.addEventListener(name, onPointerEnd);

  function reportLabels(frame: Frame) {
    const now = cameraLabels(viewport, element, frame);
    if (now) onLabels(now);
    return now;
  }

  function reportCamera(frame: Frame): void {
    const now = reportLabels(frame);
    if (!now) return;
    const [x = 0, y = 0] = viewport.getPan();
    const zoom = viewport.getZoom();
    fitted = Math.abs(zoom - 1) < 0.01 && Math.hypot(x, y) < 2;
    const { rotation = 0, flipHorizontal: flipped = false } = viewport.getViewPresentation();
    const upright = !flipped && rotation % 360 === 0;
    if (fitted && upright && applied === null) return;
    applied =
      fitted && upright
        ? null
        : { zoom: fitted ? 1 : zoom, pan: fitted ? [0, 0] : [x / now.zoom, y / now.zoom], rotation, flipped };
    onMove(applied);
  }

  function fit(): void {
    // A full reset, not only zoom 1: a resize during a draw would otherwise leave the library with the fit of the old
    // size.
    const presentation = viewport.getViewPresentation();
    viewport.resetCamera();
    viewport.setViewPresentation({ ...presentation, zoom: 1, pan: [0, 0] });
  }

  return {
    read(frame) {
      if (pointerIsDown) reportCamera(frame);
      else reportLabels(frame);
    },
    sync(wanted, frame) {
      if (wanted === applied) return false;
      const whole = cameraLabels(viewport, element, frame);
      // Without a size there is no layout; it is applied when the element gets one.
      if (!whole) return false;
      applied = wanted;
      viewport.resetCamera();
      fitted = wanted === null || (wanted.zoom === 1 && wanted.pan[0] === 0 && wanted.pan[1] === 0);
      if (!wanted) return true;
      const { zoom, pan, rotation, flipped } = wanted;
      // Rotation first: the library reports pan along the current screen axes.
      if (flipped) viewport.setCamera({ flipHorizontal: true });
      viewport.setViewPresentation({ ...viewport.getViewPresentation(), rotation });
      viewport.setZoom(zoom);
      const scale = cameraLabels(viewport, element, frame)?.zoom ?? whole.zoom * zoom;
      if (!fitted) viewport.setPan([pan[0] * scale, pan[1] * scale]);
      reportLabels(frame);
      return true;
    },
    move(how, frame) {
      if (how === "reset") viewport.resetCamera();
      else if (how === "flip") viewport.setCamera({ flipHorizontal: !viewport.getCamera().flipHorizontal });
      else if (how === "rotate") {
        const presentation = viewport.getViewPresentation();
        viewport.setViewPresentation({ ...presentation, rotation: ((presentation.rotation ?? 0) + 90) % 360 });
      } else viewport.setZoom(viewport.getZoom() * how.zoomBy);
      reportCamera(frame);
    },
    resized() {
      if (fitted) fit();
      return fitted;
    },
    clear() {
      applied = null;
      fitted = true;
    },
    close() {
      element.removeEventListener("pointerdown", onPointerDown);
      for (const name of pointerEndEvents) window.removeEventListener(name, onPointerEnd);
    },
  };
}
