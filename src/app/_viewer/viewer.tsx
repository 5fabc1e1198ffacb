import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { warmDecoder } from "./cornerstone.ts";
import { KeyList } from "./key-list.tsx";
import { isForOtherControl, pressKey } from "./keyboard.ts";
import { openLayoutChooser } from "./layout-chooser.tsx";
import { MeasurementChips } from "./measurement-chips.tsx";
import { PriorInDoubt } from "./prior-in-doubt.tsx";
import { SeriesTray } from "./series-tray.tsx";
import { currentPatient } from "./session/places.ts";
import { createSession, type Session } from "./session/run.ts";
import { Stage } from "./stage.tsx";
import { Toolbar } from "./toolbar.tsx";
import type { ViewerProps } from "./types.ts";
import { useSession } from "./use-session.ts";
import styles from "./viewer.module.css";
import { warmGraphics } from "./warm-graphics.ts";

export { warmStudy } from "./warm-study.ts";

/** Initialises the image library, starts its decoder and makes its graphics ready, before any case is opened; `now`: before the case is here. */
export async function warmUp({ now = false } = {}): Promise<void> {
  const decoder = warmDecoder();
  if (!now) await decoder;
  await Promise.all([decoder, warmGraphics({ now })]);
}

export function Viewer(props: ViewerProps) {
  // Another study gets another viewer: nothing of the last patient may stay on the screen.
  return <ViewerOfStudy key={`${props.current.dicomwebRoot}/${props.current.studyInstanceUid}`} {...props} />;
}

function ViewerOfStudy(props: ViewerProps) {
  const [session, setSession] = useState<Session | null>(null);
  const first = useRef(props);
  useEffect(() => {
    const made = createSession(first.current);
    setSession(made);
    return () => {
      made.close();
      setSession(null);
    };
  }, []);
  useEffect(() => session?.update(props));
  if (!session)
    return (
      <div className={styles.loading} role="status">
        Opening the viewer
      </div>
    );
  return <RunningViewer session={session} {...props} />;
}

function RunningViewer({ session, ...props }: ViewerProps & { session: Session }) {
  const root = useRef<HTMLDivElement>(null);
  const [help, setHelp] = useState(false);
  const { jumpTo, compact = false } = props;
  const fault = useSession(session, (state) => state.fault);
  const patient = useSession(session, currentPatient);
  const asking = useSession(session, (state) => state.question);

  const toggleFullscreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void root.current?.requestFullscreen?.().catch(() => {});
  };
  const fullscreen = useRef(toggleFullscreen);

  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isForOtherControl(event)) return;
      const meant = pressKey(event, session, {
        toggleHelp: () => setHelp((shown) => !shown),
        toggleFullscreen: fullscreen.current,
        chooseLayout: () => openLayoutChooser(root.current),
      });
      if (event.key === "Escape") {
        setHelp(false);
        session.dispatch({ type: "answer", yes: false });
        session.dispatch({ type: "close-document" });
        if (session.state().maximized) session.dispatch({ type: "toggle-maximized" });
      }
      // The page's own shortcuts skip events with `defaultPrevented`.
      if (meant) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [session]);

  useEffect(() => {
    if (jumpTo) session.dispatch({ type: "jump", to: jumpTo });
  }, [session, jumpTo]);

  if (fault)
    return (
      <div className={styles.loading} role="alert">
        {fault}
      </div>
    );

  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would need a heading, and the page has its own.
    <div ref={root} className={styles.viewer} data-compact={compact || undefined} role="region" aria-label="Images">
      <p className={styles.patient}>
        <bdi>{patient}</bdi>
      </p>
      <Toolbar
        session={session}
        compact={compact}
        canMark={props.onKeyImage !== undefined}
        onKeepProtocol={props.onKeepProtocol}
        onProtocols={props.onProtocols}
        onHelp={() => setHelp(!help)}
        onFullscreen={toggleFullscreen}
        helpShown={help}
      />
      <div className={styles.body}>
        <div className={styles.tray}>
          <SeriesTray session={session} />
          <MeasurementChips session={session} canUse={props.onMeasurement !== undefined} />
        </div>
        <Stage session={session} />
        {asking && <PriorInDoubt prior={asking.study} onAnswer={(yes) => session.dispatch({ type: "answer", yes })} />}
        {help && <KeyList pageKeys={props.pageKeys ?? []} onClose={() => setHelp(false)} />}
      </div>
    </div>
  );
}
