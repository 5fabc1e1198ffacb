import type { ReaderAction } from "./session/actions.ts";
import { activeCell } from "./session/places.ts";
import type { Session } from "./session/run.ts";
import type { ToolName } from "./tool-names.ts";

/** Rows of the shortcut list, in display order. */
export const keyList: readonly { keys: string[]; does: string }[] = [
  { keys: ["Wheel", "↑", "↓"], does: "Previous, next image" },
  { keys: ["Page ↑", "Page ↓"], does: "Ten images" },
  { keys: ["Home", "End"], does: "First, last image" },
  { keys: ["[", "]"], does: "Previous, next series; in an empty cell the last, the first" },
  { keys: ["1", "…", "9"], does: "Window preset" },
  { keys: ["0"], does: "Window as sent" },
  { keys: ["W"], does: "Window by dragging (right drag always)" },
  { keys: ["S"], does: "Scroll by dragging" },
  { keys: ["Z"], does: "Zoom by dragging (Ctrl + wheel always)" },
  { keys: ["M"], does: "Move by dragging (middle drag always)" },
  { keys: ["L"], does: "Length" },
  { keys: ["D"], does: "Two diameters" },
  { keys: ["A"], does: "Angle" },
  { keys: ["V", "Q"], does: "Mean, deviation, range and area in an ellipse, in a rectangle" },
  { keys: ["J"], does: "Value at a point" },
  { keys: ["Delete"], does: "Remove the selected or last measurement" },
  { keys: ["I"], does: "Invert" },
  { keys: ["H"], does: "Flip left and right" },
  { keys: ["O"], does: "Rotate by 90°" },
  { keys: ["R"], does: "Reset window, zoom and position" },
  { keys: ["C"], does: "Cine: play, stop" },
  { keys: ["K"], does: "Mark as key image" },
  { keys: ["P"], does: "Prior beside current" },
  { keys: ["+"], does: "Planes of the volume: axial, coronal, sagittal; and back" },
  { keys: ["<", ">"], does: "Turn the cross-hair of the planes by 5°" },
  { keys: ["Y"], does: "Link scrolling (Shift + wheel moves one side, Shift + Y takes that back)" },
  { keys: ["T"], does: "Open stacks at the first image or in the middle" },
  { keys: ["G"], does: "Layout: rows and columns, by arrows and Enter" },
  { keys: [",", "."], does: "Previous, next stage of the hanging protocol" },
  { keys: ["Space"], does: "Next cell with images, or the first empty one (Shift: back)" },
  { keys: ["Enter"], does: "This cell alone, and back (or double click)" },
  { keys: ["U"], does: "Undo: layout, series, window" },
  { keys: ["F"], does: "Full screen" },
  { keys: ["?"], does: "This list" },
];

const toolKeys: Readonly<Record<string, ToolName>> = {
  w: "window",
  s: "scroll",
  z: "zoom",
  m: "pan",
  l: "length",
  d: "diameters",
  a: "angle",
  v: "ellipse",
  q: "rectangle",
  j: "value",
};

const steps: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowLeft: -1,
  ArrowDown: 1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: -1e6,
  End: 1e6,
};

const plainKeys: Readonly<Record<string, ReaderAction>> = {
  "[": { type: "step-series", by: -1 },
  "]": { type: "step-series", by: 1 },
  ",": { type: "step-stage", by: -1 },
  ".": { type: "step-stage", by: 1 },
  i: { type: "invert" },
  h: { type: "flip" },
  o: { type: "rotate" },
  r: { type: "reset" },
  c: { type: "toggle-cine" },
  k: { type: "mark" },
  p: { type: "toggle-prior" },
  "+": { type: "toggle-planes" },
  y: { type: "toggle-link" },
  t: { type: "toggle-stack-opening" },
  u: { type: "undo" },
  Enter: { type: "toggle-maximized" },
  Delete: { type: "remove-measurement" },
  Backspace: { type: "remove-measurement" },
};

/** Whether somebody is typing or a dialog is open: then keys do not belong to the viewer. */
export function isForOtherControl(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (
    target?.closest("input, textarea, select, [contenteditable=''], [contenteditable=true], [role=dialog], [role=menu]")
  )
    return true;
  if (document.querySelector("dialog[open]")) return true;
  // The button in an empty cell does nothing but say so: it must not keep the key that leads on.
  if (event.key === " " && target?.closest("[data-empty]")) return false;
  return (event.key === " " || event.key === "Enter") && target?.closest("button, a, summary, [role=button]") !== null;
}

/** Runs the command of a key. @returns whether the key has one. */
export function pressKey(
  event: KeyboardEvent,
  session: Session,
  page: { toggleHelp(): void; toggleFullscreen(): void; chooseLayout(): void },
): boolean {
  const cell = activeCell(session.state());
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const scroll = (images: number) => session.dispatch({ type: "scroll", cell, images, alone: event.shiftKey });
  const tool = toolKeys[key];
  const pending = plainKeys[key];
  if (tool) session.dispatch({ type: "set-tool", tool });
  else if (key === "y" && event.shiftKey) session.dispatch({ type: "take-back-offset" });
  else if (pending) session.dispatch(pending);
  else if (/^\d$/.test(key)) session.dispatch({ type: "preset", key });
  else if (key in steps) scroll(steps[key] ?? 0);
  else if (key === " ") session.dispatch({ type: "next-cell", by: event.shiftKey ? -1 : 1 });
  else if (key === "<" || key === ">") session.dispatch({ type: "turn-planes", cell, degrees: key === "<" ? -5 : 5 });
  else if (key === "f") page.toggleFullscreen();
  else if (key === "g") page.chooseLayout();
  else if (key === "?") page.toggleHelp();
  else return false;
  return true;
}
