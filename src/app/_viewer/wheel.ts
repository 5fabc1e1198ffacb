const pixelsPerStep = 50;

/**
 * Turns wheel events into images. A notch of a mouse wheel is one image; a trackpad's small deltas are summed.
 *
 * @returns a function of `deltaY` and `deltaMode` that gives whole images to go, often 0.
 */
export function wheelSteps(): (delta: number, mode: number) => number {
  let left = 0;
  return (delta, mode) => {
    // Lines or pages, or a jump no trackpad makes: a notch.
    if (mode !== 0 || Math.abs(delta) >= pixelsPerStep) {
      left = 0;
      return Math.sign(delta);
    }
    if (Math.sign(delta) !== Math.sign(left)) left = 0;
    left += delta;
    const steps = Math.trunc(left / pixelsPerStep);
    left -= steps * pixelsPerStep;
    return steps === 0 ? 0 : steps;
  };
}
