import { Circle, Crosshair, Diameter, Move3d, RectangleHorizontal, TriangleRight } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import styles from "./measure-menu.module.css";
import type { Session } from "./session/run.ts";
import type { MeasurementKind } from "./tool-names.ts";
import toolbar from "./toolbar.module.css";
import { useSession } from "./use-session.ts";

type Kind = Exclude<MeasurementKind, "length">;
const kinds: readonly { kind: Kind; label: string; key?: string; icon: ReactNode }[] = [
  { kind: "diameters", label: "Two diameters", key: "D", icon: <Diameter size={18} aria-hidden /> },
  { kind: "angle", label: "Angle", key: "A", icon: <TriangleRight size={18} aria-hidden /> },
  { kind: "cobb", label: "Angle of two lines (Cobb)", icon: <Move3d size={18} aria-hidden /> },
  { kind: "ellipse", label: "Values in an ellipse", key: "V", icon: <Circle size={18} aria-hidden /> },
  { kind: "rectangle", label: "Values in a rectangle", key: "Q", icon: <RectangleHorizontal size={18} aria-hidden /> },
  { kind: "value", label: "Value at a point", key: "J", icon: <Crosshair size={18} aria-hidden /> },
];
const panelWidth = 220;

/** Every way to measure but the length: the one that was used last on the button, all of them behind it. By arrows and Enter, too. */
export function MeasureMenu({ session }: { session: Session }) {
  const chosen = useSession(session, (state) => state.tool);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [last, setLast] = useState<Kind>("angle");
  const current = kinds.find(({ kind }) => kind === chosen);
  if (current && current.kind !== last) setLast(current.kind);
  const shown = current ?? kinds.find(({ kind }) => kind === last);
  const items = () => [...(panel.current?.querySelectorAll<HTMLButtonElement>("button") ?? [])];
  const choose = (kind: Kind) => {
    panel.current?.hidePopover();
    session.dispatch({ type: "set-tool", tool: kind });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = items();
    all[(all.indexOf(document.activeElement as HTMLButtonElement) + by + all.length) % all.length]?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={toolbar.tool}
        data-measure-button
        aria-label={`Measure: ${shown?.label ?? ""}`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-pressed={current !== undefined}
        title="Measure: angle, diameters, values"
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => {
          if (panel.current?.togglePopover())
            items()[
              Math.max(
                0,
                kinds.findIndex(({ kind }) => kind === last),
              )
            ]?.focus();
        }}
      >
        {shown?.icon}
      </button>
      <div
        ref={panel}
        popover="auto"
        role="menu"
        aria-label="Measure"
        tabIndex={-1}
        className={styles.panel}
        onBeforeToggle={(event) => {
          const at = button.current?.getBoundingClientRect();
          if (event.newState !== "open" || !panel.current || !at) return;
          panel.current.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - panelWidth - 4))}px`;
          panel.current.style.top = `${at.bottom + 2}px`;
        }}
        onToggle={(event) => setOpen(event.newState === "open")}
        onKeyDown={onKeyDown}
      >
        {kinds.map(({ kind, label, key, icon }) => (
          <button
            key={kind}
            type="button"
            role="menuitemradio"
            aria-checked={chosen === kind}
            onClick={() => choose(kind)}
          >
            {icon}
            {label}
            {key ? <kbd>{key}</kbd> : null}
          </button>
        ))}
      </div>
    </>
  );
}
