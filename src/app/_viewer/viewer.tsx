import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { warmDecoder } from "./cornerstone.ts";
import { DocumentPane } from "./document-pane.tsx";
import { KeyList } from "./key-list.tsx";
import { belongsToSomebodyElse, pressKey } from "./keyboard.ts";
import { openingDocument } from "./matching-series.ts";
import { MeasurementChips } from "./measurement-chips.tsx";
import { PaneFrame } from "./pane-frame.tsx";
import { PriorInDoubt } from "./prior-in-doubt.tsx";
import { SeriesTray } from "./series-tray.tsx";
import { createSession, type Session } from "./session.ts";
import { Toolbar } from "./toolbar.tsx";
import type { ViewerProps } from "./types.ts";
import styles from "./viewer.module.css";

/** Sets the image library up and starts its decoder, before anybody has opened a case. */
export async function warmUp(): Promise<void> {
  await warmDecoder();
}

export function Viewer(props: ViewerProps) {
  // Another study is another viewer: nothing of the last patient may stay on the screen.
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
  const view = useSyncExternalStore(session.view.subscribe, session.view.get);
  const root = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [help, setHelp] = useState(false);
  const { jumpTo, compact = false } = props;
  const prior = props.priors.find((study) => study.studyInstanceUid === view.priorUid) ?? null;

  const toggleFullscreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void root.current?.requestFullscreen?.().catch(() => {});
  };
  const fullscreen = useRef(toggleFullscreen);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (belongsToSomebodyElse(event)) return;
      const meant = pressKey(event, session, () => setHelp((shown) => !shown), fullscreen.current);
      if (event.key === "Escape") {
        setHelp(false);
        session.answer(false);
        session.closeDocument();
      }
      // The page around leaves alone what is prevented.
      if (meant) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [session]);

  const shownPriorUid = prior?.studyInstanceUid;
  const documentShown = view.document !== null;
  // A study without pictures is its documents: they have the room to themselves.
  const wordsAlone = documentShown && openingDocument(props.current.series) !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with the prior a pane comes or goes, and has to be watched.
  useEffect(() => {
    if (!stage.current) return;
    const observer = new ResizeObserver(() => session.resize());
    // The panes and not the stage: when the prior comes beside the current study the stage stays as wide as it was, and a
    // picture drawn for the whole of it would be squeezed into half.
    for (const pane of stage.current.children) observer.observe(pane);
    return () => observer.disconnect();
  }, [session, shownPriorUid, documentShown]);

  useEffect(() => {
    if (jumpTo) session.jumpTo(jumpTo);
  }, [session, jumpTo]);

  if (view.fault)
    return (
      <div className={styles.loading} role="alert">
        {view.fault}
      </div>
    );

  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would need a heading, and the page has its own.
    <div ref={root} className={styles.viewer} data-compact={compact || undefined} role="region" aria-label="Images">
      <Toolbar
        session={session}
        compact={compact}
        hasPriors={props.priors.length > 0}
        canMark={props.onKeyImage !== undefined}
        onHelp={() => setHelp(!help)}
        onFullscreen={toggleFullscreen}
        helpShown={help}
      />
      <div className={styles.body}>
        <div className={styles.tray}>
          <SeriesTray session={session} current={props.current} priors={props.priors} shownPrior={prior} />
          <MeasurementChips session={session} canUse={props.onMeasurement !== undefined} />
        </div>
        <div
          ref={stage}
          className={styles.stage}
          data-shown={Number(!wordsAlone) + Number(prior !== null) + Number(view.document !== null)}
        >
          {wordsAlone ? null : (
            <PaneFrame session={session} side="current" study={props.current} priors={props.priors} />
          )}
          {prior && <PaneFrame session={session} side="prior" study={prior} priors={props.priors} />}
          {view.document && (
            <DocumentPane
              key={view.document.series.seriesInstanceUid}
              session={session}
              study={view.document.study}
              series={view.document.series}
              isPrior={view.document.study.studyInstanceUid !== props.current.studyInstanceUid}
            />
          )}
        </div>
        {view.asking && <PriorInDoubt prior={view.asking} onAnswer={(yes) => session.answer(yes)} />}
        {help && <KeyList onClose={() => setHelp(false)} />}
      </div>
    </div>
  );
}
