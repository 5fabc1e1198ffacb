import * as tools from "@cornerstonejs/tools";
import type { ToolName } from "./tool-names.ts";
import { ScrollDragTool } from "./tools/scroll-drag-tool.ts";
import { WindowDragTool } from "./tools/window-drag-tool.ts";

/** The library's class for each tool. */
export const measuringTools = {
  length: tools.LengthTool,
  diameters: tools.BidirectionalTool,
  angle: tools.AngleTool,
  cobb: tools.CobbAngleTool,
  ellipse: tools.EllipticalROITool,
  rectangle: tools.RectangleROITool,
  value: tools.ProbeTool,
} as const;
const classes = {
  scroll: ScrollDragTool,
  window: WindowDragTool,
  pan: tools.PanTool,
  zoom: tools.ZoomTool,
  ...measuringTools,
} as const satisfies Record<ToolName, unknown>;

export const libraryTools = Object.values(classes);
/** By our name, the library's. */
export const toolNames = Object.fromEntries(
  Object.entries(classes).map(([name, { toolName }]) => [name, toolName]),
) as Record<ToolName, string>;
