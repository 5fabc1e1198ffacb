export type Cine = { start(): void; stop(): void };

/**
 * A clock for loops, by the browser's frames.
 *
 * @param interval milliseconds from one image to the next, asked each time.
 * @param turn shows the next image; false when that is not there yet: then the loop keeps the order of images rather
 *   than the clock.
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
