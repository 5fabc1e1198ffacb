/** What the left button does. */
export type ToolName = "scroll" | "window" | "pan" | "zoom" | "length" | "angle";
