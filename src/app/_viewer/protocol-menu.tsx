import { ChevronLeft, ChevronRight, Save, SlidersHorizontal } from "lucide-react";
import { useRef, useState } from "react";
import styles from "./protocol-menu.module.css";
import type { Session } from "./session/run.ts";
import { protocolOf, stageOfScreen, studiesOfScreen } from "./session/stages.ts";
import toolbar from "./toolbar.module.css";
import type { ProtocolDraft } from "./types.ts";
import { useSession } from "./use-session.ts";

const panelWidth = 260;

/**
 * The stage of the hanging protocol, with the way to the others: next and previous, every protocol that fits the study,
 * and the screen kept as one of the reader's own. Nothing where there is neither.
 */
export function ProtocolMenu({
  session,
  onKeep,
  onProtocols,
}: {
  session: Session;
  onKeep: ((draft: ProtocolDraft) => void) | undefined;
  onProtocols: (() => void) | undefined;
}) {
  const hanging = useSession(session, (state) => state.hanging);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const used = hanging && protocolOf(hanging);
  const several = hanging !== null && (hanging.options.length > 1 || (used?.stages.length ?? 0) > 1);
  if (!several && !onKeep) return null;
  const place = () => {
    const at = button.current?.getBoundingClientRect();
    if (!panel.current || !at) return;
    panel.current.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - panelWidth - 4))}px`;
    panel.current.style.top = `${at.bottom + 2}px`;
  };
  const keep = () => {
    const state = session.state();
    const stage = stageOfScreen(state, "Screen");
    panel.current?.hidePopover();
    if (stage) onKeep?.({ stage, ...studiesOfScreen(state) });
  };
  const count = used ? `${(hanging?.stage ?? 0) + 1}/${used.stages.length}` : "";
  const name = used?.stages[hanging?.stage ?? 0]?.name ?? "No protocol";
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend inside a toolbar.
    <span className={styles.stages} role="group" aria-label={`Hanging protocol ${used?.protocol.name ?? "none"}`}>
      {used && used.stages.length > 1 ? (
        <StepButton label="Previous stage (,)" onPress={() => session.dispatch({ type: "step-stage", by: -1 })}>
          <ChevronLeft size={16} aria-hidden />
        </StepButton>
      ) : null}
      <button
        ref={button}
        type="button"
        className={`${toolbar.tool} ${styles.stage}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        title={`Hanging protocol: ${used?.protocol.name ?? "none"}`}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => panel.current?.togglePopover()}
      >
        <span className={styles.name}>{name}</span> <span className={styles.count}>{count}</span>
      </button>
      {used && used.stages.length > 1 ? (
        <StepButton label="Next stage (.)" onPress={() => session.dispatch({ type: "step-stage", by: 1 })}>
          <ChevronRight size={16} aria-hidden />
        </StepButton>
      ) : null}
      <div
        ref={panel}
        popover="auto"
        role="dialog"
        aria-label="Hanging protocols"
        className={styles.panel}
        onBeforeToggle={(event) => {
          if (event.newState === "open") place();
        }}
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        {(hanging?.options ?? []).map(({ protocol, stages }, chosen) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset draws a frame around each.
          <div key={protocol.id} role="group" aria-label={protocol.name} className={styles.protocol}>
            <p>{protocol.name}</p>
            {stages.map((stage, n) => (
              <button
                key={stage.name}
                type="button"
                aria-current={chosen === hanging?.chosen && n === hanging.stage ? "true" : undefined}
                onClick={() => {
                  session.dispatch({ type: "choose-protocol", chosen, stage: n });
                  panel.current?.hidePopover();
                }}
              >
                <span>{stage.name}</span>
                <span className={styles.count}>
                  {stage.rows}×{stage.columns}
                </span>
              </button>
            ))}
          </div>
        ))}
        {onKeep ? (
          <button type="button" className={styles.keep} onClick={keep}>
            <Save size={16} aria-hidden />
            Keep this screen as a protocol…
          </button>
        ) : null}
        {onProtocols ? (
          <button
            type="button"
            className={styles.keep}
            onClick={() => {
              panel.current?.hidePopover();
              onProtocols();
            }}
          >
            <SlidersHorizontal size={16} aria-hidden />
            Own protocols…
          </button>
        ) : null}
      </div>
    </span>
  );
}

function StepButton({ label, onPress, children }: { label: string; onPress: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      className={toolbar.tool}
      aria-label={label.replace(/ \(.*/, "")}
      title={label}
      // Focus stays on the images.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
