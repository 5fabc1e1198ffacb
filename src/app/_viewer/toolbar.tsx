import {
  ArrowUpToLine,
  CircleHelp,
  Columns2,
  Contrast,
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
  TriangleRight,
  ZoomIn,
} from "lucide-react";
import { type ReactNode, useSyncExternalStore } from "react";
import type { Session, ToolName } from "./session.ts";
import styles from "./toolbar.module.css";
import { usePane } from "./use-pane.ts";
import { windowNumber } from "./voi.ts";

const tools: { tool: ToolName; label: string; key: string; icon: ReactNode }[] = [
  { tool: "scroll", label: "Scroll", key: "S", icon: <MoveVertical size={18} aria-hidden /> },
  { tool: "window", label: "Window", key: "W", icon: <SunMedium size={18} aria-hidden /> },
  { tool: "zoom", label: "Zoom", key: "Z", icon: <ZoomIn size={18} aria-hidden /> },
  { tool: "pan", label: "Move", key: "M", icon: <Move size={18} aria-hidden /> },
  { tool: "length", label: "Length", key: "L", icon: <Ruler size={18} aria-hidden /> },
  { tool: "angle", label: "Angle", key: "A", icon: <TriangleRight size={18} aria-hidden /> },
];

export function Toolbar({
  session,
  compact,
  hasPriors,
  canMark,
  helpShown,
  onHelp,
  onFullscreen,
}: {
  session: Session;
  compact: boolean;
  hasPriors: boolean;
  canMark: boolean;
  helpShown: boolean;
  onHelp: () => void;
  onFullscreen: () => void;
}) {
  const view = useSyncExternalStore(session.view.subscribe, session.view.get);
  const { pane, view: shown } = usePane(session, view.active);
  const stack = (shown?.loaded?.frames.length ?? 0) > 1;
  const linked = view.linked && view.linkedBy !== null;
  return (
    <div className={styles.toolbar} role="toolbar" aria-label="Viewer tools">
      <div className={styles.group}>
        {tools.map(({ tool, label, key, icon }) => (
          <Tool
            key={tool}
            name={tool}
            label={label}
            shortcut={key}
            pressed={view.tool === tool}
            onPress={() => session.setTool(tool)}
          >
            {icon}
          </Tool>
        ))}
      </div>
      <div className={styles.group}>
        <select
          className={styles.preset}
          aria-label="Window preset"
          title="Window preset (1 to 9, 0 as sent)"
          value=""
          disabled={!shown || shown.presets.length === 0}
          onChange={(event) => {
            session.preset(event.target.value);
            event.target.blur();
          }}
        >
          <option value="" disabled hidden>
            {compact ? "Preset" : "Window preset"}
          </option>
          <option value="0">0 As sent</option>
          {shown?.presets.map((preset) => (
            <option key={preset.key} value={preset.key}>
              {preset.key} {preset.name} · W {windowNumber(preset.width)} L {windowNumber(preset.center)}
            </option>
          ))}
        </select>
        <Tool label="Invert" shortcut="I" pressed={shown?.inverted ?? false} onPress={() => pane?.invert()}>
          <Contrast size={18} aria-hidden />
        </Tool>
        {!compact && (
          <>
            <Tool label="Flip left and right" shortcut="H" onPress={() => pane?.flip()}>
              <FlipHorizontal2 size={18} aria-hidden />
            </Tool>
            <Tool label="Rotate" shortcut="O" onPress={() => pane?.rotate()}>
              <RotateCw size={18} aria-hidden />
            </Tool>
          </>
        )}
        <Tool label="Reset" shortcut="R" onPress={() => pane?.reset()}>
          <RotateCcw size={18} aria-hidden />
        </Tool>
      </div>
      <div className={styles.group}>
        <Tool
          label={shown?.playing ? "Stop cine" : "Play cine"}
          shortcut="C"
          pressed={shown?.playing ?? false}
          disabled={!stack}
          onPress={() => session.toggleCine()}
        >
          {shown?.playing ? <Pause size={18} aria-hidden /> : <Play size={18} aria-hidden />}
        </Tool>
        {stack && shown && (
          <label className={styles.fps} title="Frames per second">
            <input
              type="range"
              min={1}
              max={60}
              value={shown.fps}
              aria-label="Frames per second"
              onChange={(event) => pane?.setFps(Number(event.target.value))}
              onPointerUp={(event) => event.currentTarget.blur()}
            />
            <span>{shown.fps} fps</span>
          </label>
        )}
      </div>
      {hasPriors && !compact && (
        <div className={styles.group}>
          <Tool
            label="Prior beside current"
            shortcut="P"
            pressed={view.priorUid !== null}
            onPress={() => session.togglePrior()}
          >
            <Columns2 size={18} aria-hidden />
          </Tool>
          {view.priorUid && (
            <Tool
              label={
                linked
                  ? `Scroll together, by ${view.linkedBy === "position" ? "position" : "image number"}`
                  : "Scroll together"
              }
              shortcut="Y"
              pressed={view.linked}
              onPress={() => session.toggleLink()}
            >
              {view.linked ? <Link2 size={18} aria-hidden /> : <Link2Off size={18} aria-hidden />}
            </Tool>
          )}
        </div>
      )}
      <div className={styles.group} data-end>
        {canMark && (
          <Tool label="Mark as key image" shortcut="K" onPress={() => session.markKeyImage()}>
            <Star size={18} aria-hidden />
          </Tool>
        )}
        {!compact && (
          <Tool
            label={view.stackOpening === "first" ? "Stacks open at the first image" : "Stacks open in the middle"}
            shortcut="T"
            pressed={view.stackOpening === "first"}
            onPress={() => session.toggleStackOpening()}
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
      // The focus stays where it is, so that Space goes on meaning "other viewport".
      onMouseDown={(event) => event.preventDefault()}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
