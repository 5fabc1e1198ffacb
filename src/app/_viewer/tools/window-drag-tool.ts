import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";

type Drag = { viewport: core.Types.IStackViewport; deltaPointsCanvas: [number, number]; lower: number; upper: number };

/**
 * Dragging changes the window: sideways its width, up and down its centre. Ours, because the library's lets no window be
 * narrower than 1, and a map of fractions lies between 0 and 1 altogether.
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
