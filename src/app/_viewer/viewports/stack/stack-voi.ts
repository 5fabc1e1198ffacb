import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { curveOf, rangeOf, type Voi, withRange } from "../../voi.ts";

/** How the values of the current image become grey levels. */
export type StackVoi = {
  /** Null before the first image, and for colour images, which have no window. */
  current(): Voi | null;
  apply(voi: Voi): void;
  /** Colours unchanged. */
  applyColour(): void;
  /** The range was changed on the viewport, by the pointer or by the library. */
  readRange(): void;
  /** Gives the curve to the renderer again: for another image, or inverted. */
  draw(inverse: boolean): void;
  clear(): void;
};

/**
 * The library knows linear windows and its own sigmoid, and loses the polarity when reset. So it gets only the range;
 * the curve within it is ours: lookup tables, steps, fractions, inversion.
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
