import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";

type Drag = { viewport: core.Types.IStackViewport; deltaPointsCanvas: [number, number]; lower: number; upper: number };

/**
 * Dragging changes the window: horizontally its width, vertically its centre. Replaces the library's tool, which allows
 * no width below 1, while a map of fractions spans only 0 to 1.
 */
export class WindowDragTool extends tools.WindowLevelTool {
  static override toolName = "WindowDrag";

  override getNewRange({ viewport, deltaPointsCanvas: [x, y], lower, upper }: Drag): { lower: number; upper: number } {
    const image = core.cache.getImage(viewport.getCurrentImageId());
    const span = image ? image.maxPixelValue - image.minPixelValue : upper - lower;
    const perPixel = (span || 1) / 1024;
    const width = Math.max(upper - lower + x * perPixel, perPixel / 2);
    const center = (lower + upper) / 2 + y * perPixel;
    return { lower: center - width / 2, upper: center + width / 2 };
  }
}
