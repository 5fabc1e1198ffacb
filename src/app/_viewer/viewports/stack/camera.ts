import type { Types } from "@cornerstonejs/core";
import type { Frame } from "../../frame.ts";
import type { Letters } from "../../geometry.ts";
import type { Camera } from "../../session/cell.ts";
import { cameraWords } from "./camera-words.ts";

/** How the images of one series lie on one viewport: as the cell wishes it, and as hands on the picture move it. */
export type StackCamera = {
  /** What the library's camera makes of an image, as it is now. */
  read(frame: Frame): void;
  /** Brings the picture to the cell's wish. @returns whether anything has to be drawn. */
  sync(wish: Camera | null, frame: Frame): boolean;
  move(how: "flip" | "rotate" | "reset" | { zoomBy: number }, frame: Frame): void;
  /** The element has another size. @returns whether the picture was fitted anew. */
  resized(): boolean;
  clear(): void;
  close(): void;
};

/**
 * @param onWords told which way is up and how large the image stands.
 * @param onMove told of another camera; null is whole and upright.
 */
export function createStackCamera(
  viewport: Types.IStackViewport,
  element: HTMLDivElement,
  onWords: (words: { letters: Letters | null; zoom: number }) => void,
  onMove: (camera: Camera | null) => void,
): StackCamera {
  /** The wish that the picture has been given. */
  let given: Camera | null = null;
  /** The whole image stands in the viewport: until the reader zooms or moves it, and again after a reset. */
  let fitted = true;
  /** A hand is on the picture: only then is a moved camera the reader's doing, and not that of a resized window. */
  let held = false;
  const onHold = () => {
    held = true;
  };
  const onLetGo = () => {
    held = false;
  };
  const letGo = ["pointerup", "pointercancel"] as const;
  element.addEventListener("pointerdown", onHold);
  for (const name of letGo) window.addEventListener(name, onLetGo);

  function words(frame: Frame) {
    const now = cameraWords(viewport, element, frame);
    if (now) onWords(now);
    return now;
  }

  function tell(frame: Frame): void {
    const now = words(frame);
    if (!now) return;
    const [x = 0, y = 0] = viewport.getPan();
    const zoom = viewport.getZoom();
    fitted = Math.abs(zoom - 1) < 0.01 && Math.hypot(x, y) < 2;
    const { rotation = 0, flipHorizontal: flipped = false } = viewport.getViewPresentation();
    const upright = !flipped && rotation % 360 === 0;
    if (fitted && upright && given === null) return;
    given =
      fitted && upright
        ? null
        : { zoom: fitted ? 1 : zoom, pan: fitted ? [0, 0] : [x / now.zoom, y / now.zoom], rotation, flipped };
    onMove(given);
  }

  function fit(): void {
    // Fitted anew, not "zoom 1": a resize that meets a picture just being drawn leaves the library with the fit of the old size.
    const presentation = viewport.getViewPresentation();
    viewport.resetCamera();
    viewport.setViewPresentation({ ...presentation, zoom: 1, pan: [0, 0] });
  }

  return {
    read(frame) {
      if (held) tell(frame);
      else words(frame);
    },
    sync(wish, frame) {
      if (wish === given) return false;
      const whole = cameraWords(viewport, element, frame);
      // Without a size there is nothing to lay it out in: it is done when the element has one.
      if (!whole) return false;
      given = wish;
      viewport.resetCamera();
      fitted = wish === null || (wish.zoom === 1 && wish.pan[0] === 0 && wish.pan[1] === 0);
      if (!wish) return true;
      const { zoom, pan, rotation, flipped } = wish;
      // Turned first: the library tells a pan on the axes of the screen as they are now.
      if (flipped) viewport.setCamera({ flipHorizontal: true });
      viewport.setViewPresentation({ ...viewport.getViewPresentation(), rotation });
      viewport.setZoom(zoom);
      const scale = cameraWords(viewport, element, frame)?.zoom ?? whole.zoom * zoom;
      if (!fitted) viewport.setPan([pan[0] * scale, pan[1] * scale]);
      words(frame);
      return true;
    },
    move(how, frame) {
      if (how === "reset") viewport.resetCamera();
      else if (how === "flip") viewport.setCamera({ flipHorizontal: !viewport.getCamera().flipHorizontal });
      else if (how === "rotate") {
        const presentation = viewport.getViewPresentation();
        viewport.setViewPresentation({ ...presentation, rotation: ((presentation.rotation ?? 0) + 90) % 360 });
      } else viewport.setZoom(viewport.getZoom() * how.zoomBy);
      tell(frame);
    },
    resized() {
      if (fitted) fit();
      return fitted;
    },
    clear() {
      given = null;
      fitted = true;
    },
    close() {
      element.removeEventListener("pointerdown", onHold);
      for (const name of letGo) window.removeEventListener(name, onLetGo);
    },
  };
}
