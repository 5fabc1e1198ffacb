import { LayoutGrid } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import styles from "./layout-chooser.module.css";
import type { Layout } from "./session/cell.ts";
import { maxLayoutSize } from "./session/places.ts";
import type { Session } from "./session/run.ts";
import toolbar from "./toolbar.module.css";
import { useSession } from "./use-session.ts";

const sizes = Array.from({ length: maxLayoutSize }, (_, i) => i + 1);
const panelWidth = 172;

const steps: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Chooses rows and columns of cells: a button that shows the layout, and a grid operated by pointer or by arrow keys
 * and Enter.
 */
export function LayoutChooser({ session }: { session: Session }) {
  const layout = useSession(session, (state) => state.layout);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [meant, setMeant] = useState<Layout>(layout);

  const place = () => {
    const at = button.current?.getBoundingClientRect();
    if (!panel.current || !at) return;
    panel.current.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - panelWidth - 4))}px`;
    panel.current.style.top = `${at.bottom + 2}px`;
  };
  const focusOn = ({ rows, columns }: Layout) =>
    panel.current?.querySelector<HTMLButtonElement>(`[data-size="${rows}x${columns}"]`)?.focus();
  const choose = (chosen: Layout) => {
    session.dispatch({ type: "set-layout", ...chosen });
    panel.current?.hidePopover();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const within = (size: number) => Math.max(1, Math.min(maxLayoutSize, size));
    focusOn({ rows: within(meant.rows + step[0]), columns: within(meant.columns + step[1]) });
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        className={`${toolbar.tool} ${styles.button}`}
        data-layout-button
        aria-label={`Layout, now ${layout.rows} by ${layout.columns}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-keyshortcuts="G"
        title="Layout (G)"
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => {
          // Synchronously: the next key may already be an arrow.
          if (panel.current?.togglePopover()) focusOn(layout);
        }}
      >
        <LayoutGrid size={18} aria-hidden />
        <span>
          {layout.rows}×{layout.columns}
        </span>
      </button>
      <div
        ref={panel}
        popover="auto"
        role="dialog"
        aria-label="Layout"
        className={styles.panel}
        onBeforeToggle={(event) => {
          if (event.newState !== "open") return;
          place();
          setMeant(layout);
        }}
        onToggle={(event) => setOpen(event.newState === "open")}
        onKeyDown={onKeyDown}
      >
        <div className={styles.grid}>
          {sizes.flatMap((rows) =>
            sizes.map((columns) => (
              <button
                key={`${rows}x${columns}`}
                type="button"
                tabIndex={rows === meant.rows && columns === meant.columns ? 0 : -1}
                data-size={`${rows}x${columns}`}
                data-within={(rows <= meant.rows && columns <= meant.columns) || undefined}
                aria-label={`${rows} by ${columns}`}
                aria-current={(rows === layout.rows && columns === layout.columns) || undefined}
                onFocus={() => setMeant({ rows, columns })}
                onPointerEnter={() => setMeant({ rows, columns })}
                onClick={() => choose({ rows, columns })}
              />
            )),
          )}
        </div>
        <p className={styles.said} aria-hidden>
          {meant.rows} × {meant.columns}
        </p>
      </div>
    </>
  );
}

/** Opens the chooser from the keyboard. */
export function openLayoutChooser(root: HTMLElement | null): void {
  root?.querySelector<HTMLButtonElement>("[data-layout-button]")?.click();
}
