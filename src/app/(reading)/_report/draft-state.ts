import type { Report } from "../../_trpc/types.ts";

/** The part of a report that a reader edits. */
export type DraftText = Pick<Report, "sections" | "keyImages" | "templateId" | "language">;

/**
 * State machine between the draft on the screen and the one on the server. Pure, so that two windows, a lost connection
 * and a lost claim can be tested step by step.
 *
 * - `saved`: screen and server agree
 * - `dirty`: edited, not sent yet; `saving`: a save is in flight (and there may be later edits)
 * - `failed`: the last save got no answer and will be retried
 * - `conflict`: another window has saved; both texts are here and the reader has not chosen yet
 * - `locked`: the claim is gone; the text stays on the screen until it can be saved again
 */
export type DraftState = {
  status: "saved" | "dirty" | "saving" | "failed" | "conflict" | "locked";
  /** On the screen. */
  mine: DraftText;
  /** On the server, as far as this window knows. */
  base: DraftText;
  version: number;
  savedAt: string | null;
  /** In flight. */
  sent: DraftText | null;
  theirs: { text: DraftText; version: number } | null;
  failures: number;
};

export type DraftEvent =
  | { type: "edited"; text: DraftText }
  | { type: "sending" }
  | { type: "accepted"; version: number; savedAt: string }
  | { type: "unanswered" }
  | { type: "claim-lost" }
  | { type: "claim-regained" }
  /** The report as the server has it now. */
  | { type: "seen"; text: DraftText; version: number; savedAt: string | null }
  /** The server refused our version; `seen` brings the server's. */
  | { type: "refused-version" }
  | { type: "resolved"; text: DraftText };

export function startDraft(report: { text: DraftText; version: number; savedAt: string | null }): DraftState {
  return {
    status: "saved",
    mine: report.text,
    base: report.text,
    version: report.version,
    savedAt: report.savedAt,
    sent: null,
    theirs: null,
    failures: 0,
  };
}

/** Compared field by field: jsonb does not preserve the order of keys. */
export function sameText(a: DraftText, b: DraftText): boolean {
  const form = ({ sections, keyImages, templateId, language }: DraftText) =>
    JSON.stringify([
      templateId,
      language,
      sections.map(({ key, text }) => [key, text]),
      keyImages.map((image) => [image.sopInstanceUid, image.frameNumber, image.caption]),
    ]);
  return form(a) === form(b);
}

export function nextDraft(state: DraftState, event: DraftEvent): DraftState {
  switch (event.type) {
    case "edited": {
      const mine = event.text;
      if (state.status === "conflict" || state.status === "locked" || state.status === "saving")
        return { ...state, mine };
      return { ...state, mine, status: sameText(mine, state.base) ? "saved" : "dirty" };
    }
    case "sending":
      return state.status === "conflict" || state.status === "locked"
        ? state
        : { ...state, status: "saving", sent: state.mine };
    case "accepted": {
      const base = state.sent ?? state.mine;
      const next = { ...state, base, version: event.version, savedAt: event.savedAt, sent: null, failures: 0 };
      if (state.status === "conflict" || state.status === "locked") return next;
      return { ...next, status: sameText(state.mine, base) ? "saved" : "dirty" };
    }
    case "unanswered":
      return state.status === "saving"
        ? { ...state, status: "failed", sent: null, failures: state.failures + 1 }
        : state;
    case "claim-lost":
      return state.status === "conflict" ? { ...state, sent: null } : { ...state, status: "locked", sent: null };
    case "claim-regained":
      if (state.status !== "locked") return state;
      return { ...state, status: sameText(state.mine, state.base) ? "saved" : "dirty" };
    case "refused-version":
      // Nothing more is sent until the other window's text is known.
      return { ...state, status: "conflict", sent: null };
    case "seen": {
      const { text, version, savedAt } = event;
      if (state.status === "saving" || version < state.version) return state;
      if (version === state.version && state.status !== "conflict") return state;
      // No unsaved edits here, or both windows made the same ones: the newer text is shown.
      if (state.status === "saved" || sameText(state.mine, text))
        return { ...startDraft({ text, version, savedAt }), failures: 0 };
      return { ...state, status: "conflict", theirs: { text, version }, sent: null, savedAt };
    }
    case "resolved": {
      if (!state.theirs) return state;
      const { text: base, version } = state.theirs;
      const mine = event.text;
      return {
        ...state,
        mine,
        base,
        version,
        theirs: null,
        failures: 0,
        status: sameText(mine, base) ? "saved" : "dirty",
      };
    }
  }
}

/** What is stored in the browser of an unsaved draft: the text, and the version it was based on. */
export type UnsavedDraft = { caseId: string; text: DraftText; base: DraftText; version: number };

/** The unsaved draft that would be lost with the window; null when there is none. */
export function asUnsaved(caseId: string, { mine, base, version }: DraftState): UnsavedDraft | null {
  return sameText(mine, base) ? null : { caseId, text: mine, base, version };
}

/** Sets an unsaved draft against the current report, for a choice section by section, as between two windows. */
export function compareWithReport({ text, base, version }: UnsavedDraft, now: DraftText): DraftState {
  return {
    ...startDraft({ text: base, version, savedAt: null }),
    status: "conflict",
    mine: text,
    theirs: { text: now, version },
  };
}

export type SectionClash = {
  key: string;
  title: string;
  mine: string;
  theirs: string;
  /** The preselected side: the one that changed the section, or mine when both did. */
  suggested: "mine" | "theirs";
};

/** The sections in which the two texts differ. */
export function clashesOf(state: DraftState): SectionClash[] {
  if (!state.theirs) return [];
  const theirs = new Map(state.theirs.text.sections.map((section) => [section.key, section.text]));
  const base = new Map(state.base.sections.map((section) => [section.key, section.text]));
  const keys = [
    ...state.mine.sections,
    ...state.theirs.text.sections.filter(({ key }) => !state.mine.sections.some((own) => own.key === key)),
  ];
  return keys.flatMap(({ key, title }) => {
    const own = state.mine.sections.find((section) => section.key === key)?.text ?? "";
    const other = theirs.get(key) ?? "";
    if (own === other) return [];
    const suggested = own === (base.get(key) ?? "") ? "theirs" : "mine";
    return [{ key, title, mine: own, theirs: other, suggested: suggested as "mine" | "theirs" }];
  });
}

export type Choice = "mine" | "theirs" | "both";

/** The text after the reader has chosen section by section. Key images of both sides are kept. */
export function resolveText(state: DraftState, choices: Record<string, Choice>): DraftText {
  const theirs = state.theirs?.text;
  if (!theirs) return state.mine;
  const clashes = new Map(clashesOf(state).map((clash) => [clash.key, clash]));
  const order = [
    ...state.mine.sections,
    ...theirs.sections.filter(({ key }) => !state.mine.sections.some((own) => own.key === key)),
  ];
  const sections = order.map((section) => {
    const clash = clashes.get(section.key);
    if (!clash) return section;
    const choice = choices[section.key] ?? clash.suggested;
    const text =
      choice === "mine"
        ? clash.mine
        : choice === "theirs"
          ? clash.theirs
          : [clash.mine, clash.theirs].filter((part) => part.trim()).join("\n\n");
    return { ...section, text };
  });
  const keyImages = [
    ...state.mine.keyImages,
    ...theirs.keyImages.filter(
      (image) =>
        !state.mine.keyImages.some(
          (own) => own.sopInstanceUid === image.sopInstanceUid && own.frameNumber === image.frameNumber,
        ),
    ),
  ];
  return { sections, keyImages, templateId: state.mine.templateId, language: state.mine.language };
}

/** The draft is saved after this pause in typing. */
const pauseMs = 800;
/** Without a pause, the draft is saved this long after its first unsaved change. */
const ceilingMs = 2_500;

/** How long to wait before saving (ms), by how long the text has been unsaved. */
export function saveDelayMs(unsavedMs: number): number {
  return Math.max(0, Math.min(pauseMs, ceilingMs - unsavedMs));
}

/** How long to wait before a retry: 1, 2, 4, 8, then every 15 seconds. */
export function retryDelayMs(failures: number): number {
  return Math.min(15_000, 1000 * 2 ** Math.max(0, failures - 1));
}
