import type * as core from "@cornerstonejs/core";
import type { Cell, ViewportKind } from "../session/cell.ts";
import { createPlaneViewport } from "./plane/plane-viewport.ts";
import { createStackViewport } from "./stack/stack-viewport.ts";
import type { Viewport, ViewportPort } from "./viewport.ts";

type Create = (
  engine: core.RenderingEngine,
  id: string,
  element: HTMLDivElement,
  cell: Cell,
  port: ViewportPort,
) => Viewport;

/** Every kind of viewport, and the function that creates it. */
const kinds: Readonly<Record<ViewportKind, Create>> = {
  stack: createStackViewport,
  plane: createPlaneViewport,
};

/** Creates a viewport for a cell on an element that has a size. */
export const createViewport: Create = (engine, id, element, cell, port) =>
  kinds[cell.kind](engine, id, element, cell, port);
