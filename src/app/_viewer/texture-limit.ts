import * as core from "@cornerstonejs/core";
import type { Frame } from "./frame.ts";

let known: number | null = null;

/** Whether this browser has no WebGL, so that some images are shown as rendered and cannot be windowed. */
export function hasNoWebGl(): boolean {
  return core.getShouldUseCPURendering();
}

/** Longest side of an image that the graphics card can hold. Pixels. */
function textureLimit(): number {
  if (hasNoWebGl()) return Number.POSITIVE_INFINITY;
  if (known !== null) return known;
  const gl = document.createElement("canvas").getContext("webgl2");
  // 2048 is the minimum of WebGL 2.
  known = gl ? Number(gl.getParameter(gl.MAX_TEXTURE_SIZE)) : 2048;
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return known;
}

/** Factor by which an image has to be reduced: 1 is not at all, 2 is half of each side. */
export function reductionOf({ rows, columns }: Pick<Frame, "rows" | "columns">): number {
  return Math.max(1, Math.ceil(Math.max(rows, columns) / textureLimit()));
}

/** Each value is the mean of the square it stands for. */
export function reduced<T extends Uint8Array | Int16Array | Uint16Array | Float32Array>(
  data: T,
  { rows, columns }: Pick<Frame, "rows" | "columns">,
  components: number,
  factor: number,
): T {
  const [height, width] = [Math.ceil(rows / factor), Math.ceil(columns / factor)];
  const out = new (data.constructor as new (length: number) => T)(height * width * components);
  const whole = !(data instanceof Float32Array);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < components; c++) {
        let sum = 0;
        let count = 0;
        for (let row = y * factor; row < Math.min(rows, (y + 1) * factor); row++)
          for (let column = x * factor; column < Math.min(columns, (x + 1) * factor); column++) {
            sum += data[(row * columns + column) * components + c] as number;
            count++;
          }
        out[(y * width + x) * components + c] = whole ? Math.round(sum / count) : sum / count;
      }
  return out;
}
