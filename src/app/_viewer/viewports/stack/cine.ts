export type Cine = { start(): void; stop(): void };

/**
 * The timer of a cine loop, on animation frames.
 *
 * @param interval milliseconds from one image to the next, asked each time.
 * @param turn shows the next image; false when it is not loaded yet: the loop then waits rather than skip images.
 */
export function createCine(interval: () => number, turn: () => boolean): Cine {
  let running = 0;
  return {
    start() {
      let due = performance.now();
      const tick = (now: number) => {
        running = requestAnimationFrame(tick);
        if (now < due || !turn()) return;
        due = Math.max(due + interval(), now);
      };
      running = requestAnimationFrame(tick);
    },
    stop() {
      if (running) cancelAnimationFrame(running);
      running = 0;
    },
  };
}
