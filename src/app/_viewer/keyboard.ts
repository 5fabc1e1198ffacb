import type { Session, ToolName } from "./session.ts";

/** Rows of the key list, in the order shown. */
export const keyList: readonly { keys: string[]; does: string }[] = [
  { keys: ["Wheel", "↑", "↓"], does: "Previous, next image" },
  { keys: ["Page ↑", "Page ↓"], does: "Ten images" },
  { keys: ["Home", "End"], does: "First, last image" },
  { keys: ["[", "]"], does: "Previous, next series" },
  { keys: ["1", "…", "9"], does: "Window preset" },
  { keys: ["0"], does: "Window as sent" },
  { keys: ["W"], does: "Window by dragging (right drag always)" },
  { keys: ["S"], does: "Scroll by dragging" },
  { keys: ["Z"], does: "Zoom by dragging (Ctrl + wheel always)" },
  { keys: ["M"], does: "Move by dragging (middle drag always)" },
  { keys: ["L"], does: "Length" },
  { keys: ["A"], does: "Angle" },
  { keys: ["Delete"], does: "Remove the selected or last measurement" },
  { keys: ["I"], does: "Invert" },
  { keys: ["H"], does: "Flip left and right" },
  { keys: ["O"], does: "Rotate by 90°" },
  { keys: ["R"], does: "Reset window, zoom and position" },
  { keys: ["C"], does: "Cine: play, stop" },
  { keys: ["K"], does: "Mark as key image" },
  { keys: ["P"], does: "Prior beside current" },
  { keys: ["Y"], does: "Link scrolling (Shift + wheel moves one side)" },
  { keys: ["T"], does: "Open stacks at the first image or in the middle" },
  { keys: ["Space"], does: "Other viewport" },
  { keys: ["F"], does: "Full screen" },
  { keys: ["?"], does: "This list" },
];

const toolKeys: Readonly<Record<string, ToolName>> = {
  w: "window",
  s: "scroll",
  z: "zoom",
  m: "pan",
  l: "length",
  a: "angle",
};

/** Whether somebody is typing, or a dialog has the word: then keys are not the viewer's. */
export function belongsToSomebodyElse(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select, [contenteditable=''], [contenteditable=true], [role=dialog]"))
    return true;
  if (document.querySelector("dialog[open]")) return true;
  return (event.key === " " || event.key === "Enter") && target?.closest("button, a, summary, [role=button]") !== null;
}

/** Runs what a key means. @returns whether it meant anything. */
export function pressKey(
  event: KeyboardEvent,
  session: Session,
  toggleHelp: () => void,
  toggleFullscreen: () => void,
): boolean {
  const { active } = session.view.get();
  const pane = session.activePane();
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const tool = toolKeys[key];
  if (tool) session.setTool(tool);
  else if (/^\d$/.test(key)) session.preset(key);
  else
    switch (key) {
      case "ArrowUp":
      case "ArrowLeft":
        session.scroll(active, -1, event.shiftKey);
        break;
      case "ArrowDown":
      case "ArrowRight":
        session.scroll(active, 1, event.shiftKey);
        break;
      case "PageUp":
        session.scroll(active, -10, event.shiftKey);
        break;
      case "PageDown":
        session.scroll(active, 10, event.shiftKey);
        break;
      case "Home":
        session.scroll(active, -1e6, event.shiftKey);
        break;
      case "End":
        session.scroll(active, 1e6, event.shiftKey);
        break;
      case "[":
        session.stepSeries(-1);
        break;
      case "]":
        session.stepSeries(1);
        break;
      case " ":
        session.nextSide();
        break;
      case "i":
        pane?.invert();
        break;
      case "h":
        pane?.flip();
        break;
      case "o":
        pane?.rotate();
        break;
      case "r":
        pane?.reset();
        break;
      case "c":
        session.toggleCine();
        break;
      case "k":
        session.markKeyImage();
        break;
      case "p":
        session.togglePrior();
        break;
      case "y":
        session.toggleLink();
        break;
      case "t":
        session.toggleStackOpening();
        break;
      case "f":
        toggleFullscreen();
        break;
      case "Delete":
      case "Backspace":
        session.removeMeasurement();
        break;
      case "?":
        toggleHelp();
        break;
      default:
        return false;
    }
  return true;
}
