import {
  ArrowUpToLine,
  Axis3d,
  CircleHelp,
  Columns2,
  Contrast,
  Expand,
  FlipHorizontal2,
  Link2,
  Link2Off,
  Maximize,
  Move,
  MoveVertical,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  Ruler,
  Star,
  SunMedium,
  ZoomIn,
} from "lucide-react";
import type { ReactNode } from "react";
import { LayoutChooser } from "./layout-chooser.tsx";
import { MeasureMenu } from "./measure-menu.tsx";
import { ProtocolMenu } from "./protocol-menu.tsx";
import { activeLinkKind } from "./session/links.ts";
import { activeCell, filledCells, priorCell } from "./session/places.ts";
import { planeCells } from "./session/planes.ts";
import type { Session } from "./session/run.ts";
import type { ToolName } from "./tool-names.ts";
import styles from "./toolbar.module.css";
import type { ViewerProps } from "./types.ts";
import { useCell, useSession } from "./use-session.ts";
import { windowNumber } from "./voi.ts";

const tools: { tool: ToolName; label: string; key: string; icon: ReactNode }[] = [
  { tool: "scroll", label: "Scroll", key: "S", icon: <MoveVertical size={18} aria-hidden /> },
  { tool: "window", label: "Window", key: "W", icon: <SunMedium size={18} aria-hidden /> },
  { tool: "zoom", label: "Zoom", key: "Z", icon: <ZoomIn size={18} aria-hidden /> },
  { tool: "pan", label: "Move", key: "M", icon: <Move size={18} aria-hidden /> },
  { tool: "length", label: "Length", key: "L", icon: <Ruler size={18} aria-hidden /> },
];

export function Toolbar({
  session,
  compact,
  canMark,
  onKeepProtocol,
  onProtocols,
  helpShown,
  onHelp,
  onFullscreen,
}: {
  session: Session;
  compact: boolean;
  canMark: boolean;
  /** Undefined: nothing can be kept here. */
  onKeepProtocol: ViewerProps["onKeepProtocol"];
  onProtocols: ViewerProps["onProtocols"];
  helpShown: boolean;
  onHelp: () => void;
  onFullscreen: () => void;
}) {
  const active = useSession(session, activeCell);
  const chosen = useSession(session, (state) => state.tool);
  const linked = useSession(session, (state) => state.linked);
  const by = useSession(session, activeLinkKind);
  const several = useSession(session, (state) => filledCells(state).length > 1);
  const hasPriors = useSession(session, (state) => state.studies.priors.length > 0);
  const prior = useSession(session, (state) => priorCell(state) !== null);
  const alone = useSession(session, (state) => state.maximized);
  const planes = useSession(session, (state) => state.aside !== null && planeCells(state).length > 0);
  const opening = useSession(session, (state) => state.stackOpening);
  const { cell } = useCell(session, active);
  const { dispatch } = session;
  const stack = (cell?.loaded?.frames.length ?? 0) > 1;
  const presets = cell?.presets ?? [];
  const playing = cell?.presentation.playing ?? false;
  return (
    <div className={styles.toolbar} role="toolbar" aria-label="Viewer tools">
      <div className={styles.group}>
        {tools.map(({ tool, label, key, icon }) => (
          <Tool
            key={tool}
            name={tool}
            label={label}
            shortcut={key}
            pressed={chosen === tool}
            onPress={() => dispatch({ type: "set-tool", tool })}
          >
            {icon}
          </Tool>
        ))}
        <MeasureMenu session={session} />
      </div>
      <div className={styles.group}>
        <select
          className={styles.preset}
          aria-label="Window preset"
          title="Window preset (1 to 9, 0 as sent)"
          value=""
          disabled={presets.length === 0}
          onChange={(event) => {
            dispatch({ type: "preset", key: event.target.value });
            event.target.blur();
          }}
        >
          <option value="" disabled hidden>
            Preset
          </option>
          <option value="0">0 As sent</option>
          {presets.map((preset) => (
            <option key={preset.key} value={preset.key}>
              {preset.key} {preset.name} · W {windowNumber(preset.width)} L {windowNumber(preset.center)}
            </option>
          ))}
        </select>
        <Tool
          label="Invert"
          shortcut="I"
          pressed={cell?.presentation.inverted ?? false}
          onPress={() => dispatch({ type: "invert" })}
        >
          <Contrast size={18} aria-hidden />
        </Tool>
        {!compact && (
          <>
            <Tool label="Flip left and right" shortcut="H" onPress={() => dispatch({ type: "flip" })}>
              <FlipHorizontal2 size={18} aria-hidden />
            </Tool>
            <Tool label="Rotate" shortcut="O" onPress={() => dispatch({ type: "rotate" })}>
              <RotateCw size={18} aria-hidden />
            </Tool>
          </>
        )}
        <Tool label="Reset" shortcut="R" onPress={() => dispatch({ type: "reset" })}>
          <RotateCcw size={18} aria-hidden />
        </Tool>
      </div>
      <div className={styles.group}>
        <Tool
          label={playing ? "Stop cine" : "Play cine"}
          shortcut="C"
          pressed={playing}
          disabled={!stack}
          onPress={() => dispatch({ type: "toggle-cine" })}
        >
          {playing ? <Pause size={18} aria-hidden /> : <Play size={18} aria-hidden />}
        </Tool>
        {stack && cell && (
          <label className={styles.fps} title="Frames per second">
            <input
              type="range"
              min={1}
              max={60}
              value={cell.presentation.fps}
              aria-label="Frames per second"
              onChange={(event) => dispatch({ type: "set-fps", fps: Number(event.target.value) })}
              onPointerUp={(event) => event.currentTarget.blur()}
            />
            <span>{cell.presentation.fps} fps</span>
          </label>
        )}
      </div>
      {!compact && (
        <div className={styles.group}>
          <LayoutChooser session={session} />
          <Tool
            label={planes ? "Back to the stack" : "Planes: axial, coronal, sagittal"}
            shortcut="+"
            pressed={planes}
            disabled={!planes && !stack}
            onPress={() => dispatch({ type: "toggle-planes" })}
          >
            <Axis3d size={18} aria-hidden />
          </Tool>
          <ProtocolMenu session={session} onKeep={onKeepProtocol} onProtocols={onProtocols} />
          {(several || alone) && (
            <Tool
              label={alone ? "All cells" : "This cell alone"}
              shortcut="Enter"
              pressed={alone}
              onPress={() => dispatch({ type: "toggle-maximized" })}
            >
              <Expand size={18} aria-hidden />
            </Tool>
          )}
        </div>
      )}
      {(hasPriors || several) && !compact && (
        <div className={styles.group}>
          {hasPriors && (
            <Tool
              label="Prior beside current"
              shortcut="P"
              pressed={prior}
              onPress={() => dispatch({ type: "toggle-prior" })}
            >
              <Columns2 size={18} aria-hidden />
            </Tool>
          )}
          {several && (
            <Tool
              label={
                linked && by
                  ? `Scroll together, by ${by === "position" ? "position" : "image number"}`
                  : "Scroll together"
              }
              shortcut="Y"
              pressed={linked}
              onPress={() => dispatch({ type: "toggle-link" })}
            >
              {linked ? <Link2 size={18} aria-hidden /> : <Link2Off size={18} aria-hidden />}
            </Tool>
          )}
        </div>
      )}
      <div className={styles.group} data-end>
        {canMark && (
          <Tool label="Mark as key image" shortcut="K" onPress={() => dispatch({ type: "mark" })}>
            <Star size={18} aria-hidden />
          </Tool>
        )}
        {!compact && (
          <Tool
            name="opening"
            label={opening === "first" ? "Stacks open at the first image" : "Stacks open in the middle"}
            shortcut="T"
            pressed={opening === "first"}
            onPress={() => dispatch({ type: "toggle-stack-opening" })}
          >
            <ArrowUpToLine size={18} aria-hidden />
          </Tool>
        )}
        <Tool label="Full screen" shortcut="F" onPress={onFullscreen}>
          <Maximize size={18} aria-hidden />
        </Tool>
        {!compact && (
          <Tool label="Keys" shortcut="?" pressed={helpShown} onPress={onHelp}>
            <CircleHelp size={18} aria-hidden />
          </Tool>
        )}
      </div>
    </div>
  );
}

function Tool({
  name,
  label,
  shortcut,
  pressed,
  disabled,
  onPress,
  children,
}: {
  name?: string;
  label: string;
  shortcut: string;
  pressed?: boolean;
  disabled?: boolean;
  onPress: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className={styles.tool}
      data-tool={name}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={shortcut}
      title={`${label} (${shortcut})`}
      disabled={disabled}
      // Focus stays on the images, so that Space still means "other viewport".
      onMouseDown={(event) => event.preventDefault()}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
