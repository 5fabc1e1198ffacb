"use client";

import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { Writer } from "../../_trpc/session-ended.ts";
import type { OpenStudy, Report } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Kbd } from "../../_ui/kbd.tsx";
import { useModKey } from "../../_ui/mod-key.ts";
import type { ImagePointer, MarkedKeyImage, Measurement } from "../../_viewer/index.tsx";
import type { Coverage } from "../../_viewer/types.ts";
import type { HeldClaim } from "../claims.ts";
import { studyOf } from "../read-together.tsx";
import { checksOf } from "./checks.ts";
import { ConflictPanel } from "./conflict-panel.tsx";
import { DoubleReadingNote, writesOn } from "./double-reading-note.tsx";
import { DraftAuthorship, EarlierDrafts } from "./draft-authorship.tsx";
import { insertAt, replaceText } from "./insert-text.ts";
import { KeyImages, keyOf } from "./key-images.tsx";
import { LanguagePicker } from "./language-picker.tsx";
import { finalRefusal, PreliminaryNote } from "./preliminary-note.tsx";
import { SaveState } from "./save-state.tsx";
import { SectionField } from "./section-field.tsx";
import { type Signed, SignPanel } from "./sign-panel.tsx";
import { TemplatePicker } from "./template-picker.tsx";
import { UnsavedTextPanel } from "./unsaved-text-panel.tsx";
import { useDraft } from "./use-draft.ts";

/** What the viewer can call on the report. */
export type ReportHandle = {
  addMeasurement: (measurement: Measurement) => void;
  /** Returns why the image was refused; null when it was added. */
  addKeyImage: (image: MarkedKeyImage) => string | null;
  /** Puts the cursor where it was last, into the findings at first; into the password while the signature is asked for. */
  focus: () => void;
  /** Brings what is typed to the server. False: it could not. */
  save: () => Promise<boolean>;
};

const mostKeyImages = 50;

/** The editor: the sections, one Tab apart, the checks below them, and the signature in the same place. */
export function ReportEditor({
  caseId,
  study,
  report,
  claim: heldClaim,
  holdsCase,
  signer,
  coverage,
  writer,
  handle,
  onClaimLost,
  onShowImage,
  onSigned,
}: {
  caseId: string;
  study: OpenStudy;
  report: Report;
  claim: HeldClaim | null;
  /** Without it the text is read-only, and kept. */
  holdsCase: boolean;
  signer: string;
  coverage: Coverage;
  writer: Writer;
  handle: React.Ref<ReportHandle>;
  onClaimLost: (error: unknown) => void;
  onShowImage: (image: ImagePointer) => void;
  onSigned: (what: Signed) => void;
}) {
  const modKey = useModKey();
  // A colleague's draft is neither edited nor saved automatically before it has been taken over.
  const anothers = report.draft?.anothers ?? false;
  const { double } = report;
  const mayWrite = holdsCase && !anothers && writesOn(double);
  const keeps = double !== null && (double.stage === "first" || double.stage === "second");
  const claim = anothers ? null : heldClaim;
  const { state, kept, restore, edit, resolve, flush } = useDraft({ caseId, report, claim, writer, onClaimLost });
  const [signing, setSigning] = useState<"final" | "preliminary" | null>(null);
  const fields = useRef(new Map<string, HTMLTextAreaElement>());
  const cursor = useRef<{ key: string; start: number; end: number } | null>(null);
  const inserted = useRef(new Map<string, { key: string; words: string }>());
  const root = useRef<HTMLDivElement>(null);
  const { mine: text } = state;
  const latest = useRef(text);
  latest.current = text;
  /** Why signing did not start; cleared by the next edit. */
  const [refused, setRefused] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text has changed, so what was said of it is old
  useEffect(() => setRefused(null), [text]);

  // A study that is taken out takes its key images with it.
  const together = useRef(study.together.length);
  useEffect(() => {
    const fewer = study.together.length < together.current;
    together.current = study.together.length;
    if (fewer && mayWrite)
      edit((was) => ({ ...was, keyImages: was.keyImages.filter((image) => studyOf(study, image)) }));
  }, [study, mayWrite, edit]);

  const focusSection = useCallback((key: string) => fields.current.get(key)?.focus(), []);
  const setSection = useCallback(
    (key: string, value: string) =>
      edit((was) => ({
        ...was,
        sections: was.sections.map((section) => (section.key === key ? { ...section, text: value } : section)),
      })),
    [edit],
  );

  const addMeasurement = useCallback(
    (measurement: Measurement) => {
      if (!mayWrite) return;
      edit((was) => {
        const before = inserted.current.get(measurement.id);
        if (before) {
          const section = was.sections.find(({ key }) => key === before.key);
          const replaced = section ? replaceText(section.text, before.words, measurement.text) : null;
          if (replaced === null) return was;
          inserted.current.set(measurement.id, { key: before.key, words: measurement.text });
          return {
            ...was,
            sections: was.sections.map((each) => (each.key === before.key ? { ...each, text: replaced } : each)),
          };
        }
        const target =
          was.sections.find(({ key }) => key === cursor.current?.key) ??
          was.sections.find(({ key }) => key === "findings") ??
          was.sections[0];
        if (!target) return was;
        const at = cursor.current?.key === target.key ? cursor.current : null;
        const start = Math.min(at?.start ?? target.text.length, target.text.length);
        const end = Math.min(at?.end ?? target.text.length, target.text.length);
        const result = insertAt(target.text, start, end, measurement.text);
        cursor.current = { key: target.key, start: result.cursor, end: result.cursor };
        inserted.current.set(measurement.id, { key: target.key, words: measurement.text });
        return {
          ...was,
          sections: was.sections.map((each) => (each.key === target.key ? { ...each, text: result.text } : each)),
        };
      });
    },
    [edit, mayWrite],
  );
  const addKeyImage = useCallback(
    ({ studyInstanceUid, thumbnailDataUrl: _, ...image }: MarkedKeyImage) => {
      if (!mayWrite)
        return anothers
          ? "Not added: this draft is a colleague's. Take it over, or start anew."
          : "Not added: claim the case to mark key images.";
      if (![study.current, ...study.together].some((each) => each.studyInstanceUid === studyInstanceUid))
        return "Not added: key images come from the study being read. Mention the prior under Comparison.";
      if (latest.current.keyImages.some((own) => keyOf(own) === keyOf(image))) return "This is a key image already.";
      if (latest.current.keyImages.length >= mostKeyImages)
        return `Not added: a report holds at most ${mostKeyImages} key images.`;
      edit((was) =>
        was.keyImages.some((own) => keyOf(own) === keyOf(image))
          ? was
          : { ...was, keyImages: [...was.keyImages, image] },
      );
      return null;
    },
    [edit, mayWrite, anothers, study.current, study.together],
  );
  const focus = useCallback(() => {
    const area = fields.current.get(cursor.current?.key ?? "findings") ?? [...fields.current.values()][0];
    (area ?? root.current?.querySelector<HTMLInputElement>("[data-autofocus]"))?.focus();
  }, []);
  const { status } = state;
  const save = useCallback(
    async () => !mayWrite || status === "saved" || (await flush()) !== null,
    [mayWrite, status, flush],
  );
  useImperativeHandle(handle, () => ({ addMeasurement, addKeyImage, focus, save }), [
    addMeasurement,
    addKeyImage,
    focus,
    save,
  ]);

  const checks = checksOf(text.sections, {
    unsaved: state.status !== "saved" && state.status !== "saving",
    unresolved: state.status === "conflict",
  });
  const blocked = checks.filter((check) => check.blocks);
  const { preliminary } = report;
  const cannotFinalise = finalRefusal(report);
  const startSigning = useCallback(
    (kind: "final" | "preliminary") => {
      if (!mayWrite) return;
      // Of two readings each is kept by either key; afterwards there is nothing to sign as preliminary.
      const asked = keeps ? "preliminary" : double ? "final" : kind;
      if (asked === "final" && cannotFinalise) {
        setRefused(cannotFinalise);
        return;
      }
      const first = blocked[0];
      if (first) {
        setRefused(`${first.text}. A report cannot be signed like this.`);
        if (first.sectionKey) focusSection(first.sectionKey);
        return;
      }
      void flush();
      setSigning(asked);
    },
    [blocked, mayWrite, flush, focusSection, cannotFinalise, keeps, double],
  );

  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      startSigning(event.shiftKey ? "preliminary" : "final");
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [startSigning]);
  useEffect(() => {
    if (signing) root.current?.querySelector<HTMLInputElement>("[data-autofocus]")?.focus();
  }, [signing]);

  if (signing && mayWrite && state.status !== "conflict")
    return (
      <div ref={root} className="flex min-h-0 flex-1 flex-col">
        <SignPanel
          caseId={caseId}
          kind={signing}
          preliminary={preliminary}
          double={double}
          item={study.item}
          text={text}
          prompts={report.prompts}
          authorship={report.authorship}
          opening={report.opening}
          claim={claim}
          signer={signer}
          coverage={coverage}
          flush={flush}
          onClaimLost={onClaimLost}
          onClose={() => setSigning(null)}
          onSigned={(what) => {
            setSigning(null);
            onSigned(what);
          }}
        />
      </div>
    );

  return (
    <div ref={root} className="flex min-h-0 flex-1 flex-col">
      <DraftAuthorship caseId={caseId} report={report} claim={heldClaim} onClaimLost={onClaimLost} />
      {double ? <DoubleReadingNote report={report} /> : <PreliminaryNote report={report} />}
      <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-3">
        {mayWrite ? (
          <div className="flex items-start gap-3">
            <TemplatePicker
              caseId={caseId}
              text={text}
              onChoose={(template) => edit((was) => ({ ...was, templateId: template.id, sections: template.sections }))}
            />
            <LanguagePicker language={text.language} onChoose={(language) => edit((was) => ({ ...was, language }))} />
          </div>
        ) : null}
        <UnsavedTextPanel
          caseId={caseId}
          userId={writer.userId}
          now={text}
          onRestore={mayWrite && state.status !== "conflict" ? restore : null}
        />
        {state.status === "conflict" ? <ConflictPanel state={state} onResolve={resolve} /> : null}
        {text.sections.map((section) => (
          <SectionField
            key={section.key}
            ref={(area) => {
              if (area) fields.current.set(section.key, area);
              else fields.current.delete(section.key);
            }}
            section={section}
            readOnly={!mayWrite}
            onChange={(value) => setSection(section.key, value)}
            onCursor={(start, end) => {
              cursor.current = { key: section.key, start, end };
            }}
            onBlur={() => void (state.status === "dirty" && flush())}
          />
        ))}
        <section aria-label="Key images" className="flex flex-col gap-1.5">
          <h3 className="text-xs font-medium text-quiet">Key images</h3>
          <KeyImages
            images={text.keyImages}
            dicomwebRoot={study.current.dicomwebRoot}
            studyOf={(image) => studyOf(study, image)?.studyInstanceUid ?? study.current.studyInstanceUid}
            readOnly={!mayWrite}
            onCaption={(image, caption) =>
              edit((was) => ({
                ...was,
                keyImages: was.keyImages.map((each) => (keyOf(each) === keyOf(image) ? { ...each, caption } : each)),
              }))
            }
            onRemove={(image) =>
              edit((was) => ({ ...was, keyImages: was.keyImages.filter((each) => keyOf(each) !== keyOf(image)) }))
            }
            onShow={({ seriesInstanceUid, sopInstanceUid, frameNumber }) =>
              onShowImage({ seriesInstanceUid, sopInstanceUid, frameNumber })
            }
            onBlur={() => void (state.status === "dirty" && flush())}
          />
        </section>
        {report.authorship ? <p className="text-[0.8125rem] text-quiet">{report.authorship}</p> : null}
        <EarlierDrafts drafts={report.earlierDrafts} />
      </div>
      {mayWrite ? (
        <footer className="flex flex-col gap-2 border-t border-line px-3 py-2.5">
          <ul aria-label="Checks before signing" className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs">
            {checks.length === 0 ? (
              <li className="flex items-center gap-1.5 text-done">
                <CircleCheck className="size-3.5" aria-hidden="true" /> Nothing is missing
              </li>
            ) : null}
            {checks.map((check) => {
              const Icon = check.blocks ? CircleAlert : TriangleAlert;
              const look = `flex items-center gap-1.5 ${check.blocks ? "text-stat" : "text-quiet"}`;
              return (
                <li key={check.id}>
                  {check.sectionKey ? (
                    <button
                      type="button"
                      className={`${look} rounded hover:underline`}
                      onClick={() => check.sectionKey && focusSection(check.sectionKey)}
                    >
                      <Icon className="size-3.5" aria-hidden="true" /> {check.text}
                    </button>
                  ) : (
                    <span className={look}>
                      <Icon className="size-3.5" aria-hidden="true" /> {check.text}
                    </span>
                  )}
                </li>
              );
            })}
          </ul>
          {refused ? (
            <p role="alert" className="rounded-md border border-stat/60 bg-stat-soft px-2.5 py-1.5">
              {refused}
            </p>
          ) : null}
          <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-2">
            <SaveState state={state} mayWrite={mayWrite} kept={kept} />
            <span className="flex items-center gap-2">
              {double ? null : (
                <Button
                  onClick={() => startSigning("preliminary")}
                  aria-disabled={blocked.length > 0}
                  className="aria-disabled:opacity-55"
                  title={`For a colleague to go over (${modKey}⇧⏎)`}
                >
                  Preliminary…
                </Button>
              )}
              <Button
                look="primary"
                onClick={() => startSigning("final")}
                aria-disabled={blocked.length > 0 || (cannotFinalise !== null && !keeps)}
                title={keeps ? undefined : (cannotFinalise ?? undefined)}
                className="aria-disabled:opacity-55"
              >
                {keeps ? "Keep my reading…" : "Sign…"} <Kbd onAccent className="max-md:hidden">{`${modKey}⏎`}</Kbd>
              </Button>
            </span>
          </div>
        </footer>
      ) : state.status !== "saved" ? (
        <footer className="border-t border-line px-3 py-2.5">
          <SaveState state={state} mayWrite={mayWrite} kept={kept} />
        </footer>
      ) : null}
    </div>
  );
}
