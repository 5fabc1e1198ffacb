import type { Types } from "@cornerstonejs/core";
import type { Frame } from "../../frame.ts";
import type { Camera } from "../../session/cell.ts";
import type { Fit } from "../../session/fit.ts";
import { type CameraLabels, cameraLabels } from "./camera-labels.ts";

/** The camera of one stack viewport: applies the cell's camera and reports changes by pointer. */
export type StackCamera = {
  /** Reads the library's camera as it is now. */
  read(frame: Frame): void;
  /** Where an image stands that the reader has not moved; applied by the next `sync`. */
  stand(fit: Fit | null): void;
  /** Applies the cell's camera. @returns whether a redraw is needed. */
  sync(wanted: Camera | null, frame: Frame): boolean;
  move(how: "flip" | "rotate" | "reset" | { zoomBy: number }, frame: Frame): void;
  /** The element's size has changed. @returns whether the image was fitted again. */
  resized(frame: Frame): boolean;
  clear(): void;
  close(): void;
};

/**
 * @param onLabels called with orientation letters, zoom and place.
 * @param onMove called with a changed camera; null is whole and upright.
 */
export function createStackCamera(
  viewport: Types.IStackViewport,
  element: HTMLDivElement,
  onLabels: (labels: CameraLabels) => void,
  onMove: (camera: Camera | null) => void,
): StackCamera {
  /** The camera last applied. */
  let applied: Camera | null = null;
  /** The image is fitted to the viewport: until the reader zooms or pans, and again after a reset. */
  let fitted = true;
  let fit: Fit | null = null;
  /** `fit` has changed since it was applied. */
  let stale = false;
  /** Zoom and pan of an image that stands as `fit` says. */
  let home = { zoom: 1, pan: [0, 0] as [number, number] };
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
    fitted = Math.abs(zoom / home.zoom - 1) < 0.01 && Math.hypot(x - home.pan[0], y - home.pan[1]) < 2;
    const { rotation = 0, flipHorizontal: flipped = false } = viewport.getViewPresentation();
    const upright = flipped === (fit?.flipped ?? false) && rotation % 360 === 0;
    if (fitted && upright && applied === null) return;
    applied =
      fitted && upright
        ? null
        : {
            zoom: fitted && !fit ? 1 : zoom,
            pan: fitted && !fit ? [0, 0] : [x / now.zoom, y / now.zoom],
            rotation,
            flipped,
          };
    onMove(applied);
  }

  function fitAgain(frame: Frame): void {
    // A full reset, not only zoom 1: a resize during a draw would otherwise leave the library with the fit of the old
    // size.
    const presentation = viewport.getViewPresentation();
    viewport.resetCamera();
    viewport.setViewPresentation({ ...presentation, zoom: 1, pan: [0, 0] });
    goHome(frame);
  }

  /** Zoom and pan of the whole image that has just been reset, by `fit`. */
  function goHome(frame: Frame): void {
    stale = false;
    home = { zoom: 1, pan: [0, 0] };
    const whole = fit && cameraLabels(viewport, element, frame);
    if (!fit || !whole) return;
    const { clientWidth: width, clientHeight: height } = element;
    const perUnit = Math.min(width / fit.room.width, height / fit.room.height);
    const beside = width - frame.columns * frame.size.column * perUnit;
    home = {
      zoom: (perUnit * frame.size.column) / whole.zoom,
      pan: [(fit.wall === "right" ? beside : -beside) / 2, 0],
    };
    viewport.setZoom(home.zoom);
    viewport.setPan(home.pan);
  }

  return {
    read(frame) {
      if (pointerIsDown) reportCamera(frame);
      else reportLabels(frame);
    },
    stand(next) {
      stale ||= JSON.stringify(next) !== JSON.stringify(fit);
      fit = next;
    },
    sync(wanted, frame) {
      if (wanted === applied && !(stale && wanted === null)) return false;
      const whole = cameraLabels(viewport, element, frame);
      // Without a size there is no layout; it is applied when the element gets one.
      if (!whole) return false;
      applied = wanted;
      viewport.resetCamera();
      fitted = wanted === null || (!fit && wanted.zoom === 1 && wanted.pan[0] === 0 && wanted.pan[1] === 0);
      if (!wanted) {
        if (fit?.flipped) viewport.setCamera({ flipHorizontal: true });
        goHome(frame);
        reportLabels(frame);
        return true;
      }
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
      if (how === "reset") {
        viewport.resetCamera();
        if (fit?.flipped) viewport.setCamera({ flipHorizontal: true });
        goHome(frame);
      } else if (how === "flip") viewport.setCamera({ flipHorizontal: !viewport.getCamera().flipHorizontal });
      else if (how === "rotate") {
        const presentation = viewport.getViewPresentation();
        viewport.setViewPresentation({ ...presentation, rotation: ((presentation.rotation ?? 0) + 90) % 360 });
      } else viewport.setZoom(viewport.getZoom() * how.zoomBy);
      reportCamera(frame);
    },
    resized(frame) {
      if (fitted) fitAgain(frame);
      return fitted;
    },
    clear() {
      applied = null;
      fitted = true;
      stale = fit !== null;
    },
    close() {
      element.removeEventListener("pointerdown", onPointerDown);
      for (const name of pointerEndEvents) window.removeEventListener(name, onPointerEnd);
    },
  };
}
