import * as tools from "@cornerstonejs/tools";
import { toolNames } from "../library-tools.ts";
import type { ToolName } from "../tool-names.ts";
import { settingsOf } from "./measuring-tools.ts";

export type SessionTools = {
  addViewport(viewportId: string): void;
  /** The tool on the left button. The right button always windows, the middle one pans, two fingers zoom. */
  choose(tool: ToolName): void;
  close(): void;
};

/** The tools of one viewer, on all its viewports. Call after the library is initialised. @param engineId of the engine that draws them. */
export function createSessionTools(name: string, engineId: string): SessionTools {
  const group = tools.ToolGroupManager.createToolGroup(name);
  for (const tool of Object.values(toolNames)) group?.addTool(tool, settingsOf(tool));
  return {
    addViewport: (viewportId) => group?.addViewport(viewportId, engineId),
    choose(chosen) {
      const { Primary, Secondary, Auxiliary } = tools.Enums.MouseBindings;
      for (const [key, tool] of Object.entries(toolNames)) {
        const bindings: { mouseButton?: number; numTouchPoints?: number; modifierKey?: number }[] = [];
        if (key === chosen) bindings.push({ mouseButton: Primary });
        if (key === "window") bindings.push({ mouseButton: Secondary });
        if (key === "pan") bindings.push({ mouseButton: Auxiliary });
        if (key === "zoom") bindings.push({ numTouchPoints: 2 });
        group?.setToolPassive(tool, { removeAllBindings: true });
        if (bindings.length > 0) group?.setToolActive(tool, { bindings });
      }
    },
    close: () => tools.ToolGroupManager.destroyToolGroup(name),
  };
}
