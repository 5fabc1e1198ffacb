import { frameByImageId } from "../cornerstone.ts";
import { measuringTools } from "../library-tools.ts";
import { type Said, sayings } from "../measure-kinds.ts";
import { pixelValuesOf } from "../pixel-values.ts";
import { type MeasurementKind, measurementKinds } from "../tool-names.ts";
import type { Vec3 } from "../vectors.ts";

const kindOfTool = new Map<string, MeasurementKind>(
  measurementKinds.map((kind) => [measuringTools[kind].toolName, kind]),
);

/** The kind that a tool of the library draws; undefined for its other tools. */
export const kindDrawnBy = (toolName: string): MeasurementKind | undefined => kindOfTool.get(toolName);

/**
 * What a measurement on an image says: our own arithmetic, since the tools know neither the detector plane nor missing spacing, and count padding and
 * overlays as values.
 */
export function sayOf(kind: MeasurementKind, imageId: string, points: readonly Vec3[]): Said | null {
  const frame = frameByImageId(imageId);
  return frame ? sayings[kind](frame, points, pixelValuesOf(frame)) : null;
}

/** Settings of a measuring tool: the lines that it writes beside what it draws. */
export function settingsOf(toolName: string): Record<string, unknown> {
  const kind = kindDrawnBy(toolName);
  if (!kind) return {};
  return {
    getTextLines: (data: { handles: { points: Vec3[] } }, target: string | string[]) =>
      sayOf(kind, String(target).replace(/^imageId:/, ""), data.handles.points)?.lines ?? [],
  };
}
