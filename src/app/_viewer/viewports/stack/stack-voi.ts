import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { curveOf, rangeOf, type Voi, withRange } from "../../voi.ts";

/** How the values of the image on one viewport become greys. */
export type StackVoi = {
  /** Null before the first image, and for what has no window: colour. */
  current(): Voi | null;
  apply(voi: Voi): void;
  /** Colours as they are. */
  applyColour(): void;
  /** The range was changed on the viewport, by a hand or by the library. */
  readRange(): void;
  /** Puts the curve into the renderer again: for another image, or with its ends exchanged. */
  draw(inverse: boolean): void;
  clear(): void;
};

/**
 * The library draws a straight window, or its own idea of a sigmoid, and forgets what it was told of polarity when it is
 * reset. So it is given the range alone, and the curve in that range is ours: tables, steps, fractions, black for white.
 */
export function createStackVoi(viewport: Types.IStackViewport): StackVoi {
  let voi: Voi | null = null;
  let inverted = false;

  function draw(inverse: boolean): void {
    inverted = inverse;
    if (!voi) return;
    if (core.getShouldUseCPURendering()) {
      viewport.setProperties({ invert: inverse });
      return;
    }
    const [entry] = viewport.getActors();
    const actor = entry?.actor as Types.ImageActor | undefined;
    const { lower, upper, greys } = curveOf(voi, inverse);
    actor
      ?.getProperty()
      .getRGBTransferFunction(0)
      ?.buildFunctionFromTable(
        lower,
        upper,
        greys.length,
        greys.flatMap((grey) => [grey, grey, grey]),
      );
  }

  return {
    current: () => voi,
    apply(wanted) {
      voi = wanted;
      viewport.setProperties({ voiRange: rangeOf(wanted) });
      draw(inverted);
    },
    applyColour() {
      voi = null;
      viewport.setProperties({ voiRange: { lower: 0, upper: 255 } });
    },
    readRange() {
      const range = viewport.getProperties().voiRange;
      if (!voi || !range) return;
      const known = rangeOf(voi);
      if (known.lower !== range.lower || known.upper !== range.upper) voi = withRange(voi, range);
      draw(inverted);
    },
    draw,
    clear() {
      voi = null;
      inverted = false;
    },
  };
}
