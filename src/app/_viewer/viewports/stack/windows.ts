import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import type { Frame } from "../../frame.ts";
import { sentVoi } from "../../frame-image.ts";
import { openingVoi, windowPerImage } from "../../presets.ts";
import type { Cell } from "../../session/cell.ts";
import { currentWindow } from "../../session/presentation.ts";
import type { Voi } from "../../voi.ts";
import { createStackVoi } from "./stack-voi.ts";

/** The windows of one series on one viewport: applies the cell's windows and reports changes by pointer. */
export type Windows = {
  /** The library is switching images: window changes until then are not the reader's. */
  changing(): void;
  /** Sets the window of the new image before it is drawn. */
  onImage(frame: Frame, index: number): void;
  /** Reads the window that the library uses now. @param shown the image on the screen; null before the first. */
  read(shown: number | null): void;
  /** Applies the cell's windows. @returns whether a redraw is needed. */
  sync(frame: Frame, index: number): boolean;
  clear(): void;
};

/**
 * @param cell the cell as it is now.
 * @param onSeen called with the window on the screen; null for colour.
 * @param onChange called when an image's window has changed, by whatever means.
 */
export function createWindows(
  viewport: Types.IStackViewport,
  cell: () => Cell,
  onSeen: (voi: Voi | null) => void,
  onChange: (index: number, window: Voi) => void,
): Windows {
  const voi = createStackVoi(viewport);
  /** The window last applied. */
  let given: Voi | null = null;
  let inverse = false;
  let changing = false;

  const inverseOf = (frame: Frame) => frame.inverse !== cell().presentation.inverted;

  /** The window an image opens with; null for colour. */
  function opening(frame: Frame): Voi | null {
    const { loaded, presentation } = cell();
    const image = core.cache.getImage(frame.imageId);
    const sent = image ? sentVoi(image) : null;
    return sent && loaded ? (presentation.given ?? openingVoi(loaded.modality, frame, sent)) : null;
  }

  function read(shown: number | null): void {
    voi.readRange();
    const now = voi.current();
    onSeen(now);
    if (!now || changing || shown === null) return;
    given = now;
    if (now !== currentWindow(cell(), shown)) onChange(shown, now);
  }

  return {
    changing() {
      changing = true;
    },
    onImage(frame, index) {
      const { loaded } = cell();
      const own = opening(frame);
      const wish = currentWindow(cell(), index);
      if (!own) voi.applyColour();
      else if (!loaded || windowPerImage(loaded.modality) || !voi.current()) voi.apply(wish ?? own);
      given = wish;
      inverse = inverseOf(frame);
      voi.draw(inverse);
      changing = false;
    },
    read,
    sync(frame, index) {
      const wish = currentWindow(cell(), index);
      let drawn = false;
      if (wish !== given) {
        given = wish;
        const wanted = opening(frame) && (wish ?? opening(frame));
        if (wanted) {
          voi.apply(wanted);
          read(index);
          drawn = true;
        }
      }
      if (inverse !== inverseOf(frame)) {
        inverse = inverseOf(frame);
        voi.draw(inverse);
        drawn = true;
      }
      return drawn;
    },
    clear() {
      voi.clear();
      given = null;
      inverse = false;
      changing = false;
    },
  };
}
