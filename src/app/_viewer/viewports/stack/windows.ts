import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import type { Frame } from "../../frame.ts";
import { sentVoi } from "../../frame-image.ts";
import { openingVoi, windowPerImage } from "../../presets.ts";
import type { Cell } from "../../session/cell.ts";
import { windowNow } from "../../session/look.ts";
import type { Voi } from "../../voi.ts";
import { createStackVoi } from "./stack-voi.ts";

/** The window of the images of one series on one viewport: as the cell wishes it, and as a hand on the picture changes it. */
export type Windows = {
  /** The library changes the image: what it does to the window meanwhile is nobody's wish. */
  changing(): void;
  /** The library has another image: it gets its window before it is drawn. */
  onImage(frame: Frame, index: number): void;
  /** Reads what the library has made of the window. @param shown the image on the screen; null before the first. */
  read(shown: number | null): void;
  /** Brings the picture to the cell's wish. @returns whether anything has to be drawn. */
  sync(frame: Frame, index: number): boolean;
  clear(): void;
};

/**
 * @param cell the cell as it is now.
 * @param onSeen told of the window on the screen; null for colour.
 * @param onChange told of another window of an image, whoever made it.
 */
export function createWindows(
  viewport: Types.IStackViewport,
  cell: () => Cell,
  onSeen: (voi: Voi | null) => void,
  onChange: (index: number, window: Voi) => void,
): Windows {
  const voi = createStackVoi(viewport);
  /** The wish that the picture has been given. */
  let given: Voi | null = null;
  let inverse = false;
  let changing = false;

  const inverseOf = (frame: Frame) => frame.inverse !== cell().look.inverted;

  /** How an image opens; null for colour. */
  function opening(frame: Frame): Voi | null {
    const { loaded, look } = cell();
    const image = core.cache.getImage(frame.imageId);
    const sent = image ? sentVoi(image) : null;
    return sent && loaded ? (look.given ?? openingVoi(loaded.modality, frame, sent)) : null;
  }

  function read(shown: number | null): void {
    voi.readRange();
    const now = voi.current();
    onSeen(now);
    if (!now || changing || shown === null) return;
    given = now;
    if (now !== windowNow(cell(), shown)) onChange(shown, now);
  }

  return {
    changing() {
      changing = true;
    },
    onImage(frame, index) {
      const { loaded } = cell();
      const own = opening(frame);
      const wish = windowNow(cell(), index);
      if (!own) voi.applyColour();
      else if (!loaded || windowPerImage(loaded.modality) || !voi.current()) voi.apply(wish ?? own);
      given = wish;
      inverse = inverseOf(frame);
      voi.draw(inverse);
      changing = false;
    },
    read,
    sync(frame, index) {
      const wish = windowNow(cell(), index);
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
