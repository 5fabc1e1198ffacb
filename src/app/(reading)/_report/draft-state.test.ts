import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asUnsaved,
  clashesOf,
  compareWithReport,
  type DraftState,
  type DraftText,
  nextDraft,
  resolveText,
  retryDelayMs,
  saveDelayMs,
  startDraft,
} from "./draft-state.ts";

const image = (sopInstanceUid: string) => ({
  seriesInstanceUid: "1.2",
  sopInstanceUid,
  sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
  frameNumber: 1,
  caption: "",
});
const text = (findings: string, impression = "", images: string[] = []): DraftText => ({
  templateId: "ct-chest",
  language: "en",
  sections: [
    { key: "findings", title: "Findings", text: findings },
    { key: "impression", title: "Impression", text: impression },
  ],
  keyImages: images.map(image),
});
const start = () => startDraft({ text: text(""), version: 3, savedAt: null });
const after = (state: DraftState, ...events: Parameters<typeof nextDraft>[1][]) => events.reduce(nextDraft, state);

test("what is written while a save is on its way is saved afterwards", () => {
  let state = after(start(), { type: "edited", text: text("a") }, { type: "sending" });
  assert.equal(state.status, "saving");
  state = after(state, { type: "edited", text: text("ab") }, { type: "accepted", version: 4, savedAt: "t" });
  assert.equal(state.status, "dirty");
  assert.equal(state.version, 4);
  state = after(state, { type: "sending" }, { type: "accepted", version: 5, savedAt: "t2" });
  assert.equal(state.status, "saved");
  assert.equal(state.base.sections[0]?.text, "ab");
});

test("a save without an answer keeps the text and is tried again ever more slowly", () => {
  const state = after(start(), { type: "edited", text: text("a") }, { type: "sending" }, { type: "unanswered" });
  assert.equal(state.status, "failed");
  assert.equal(state.mine.sections[0]?.text, "a");
  assert.equal(nextDraft(state, { type: "sending" }).status, "saving");
  assert.deepEqual([1, 2, 3, 4, 5, 9].map(retryDelayMs), [1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test("a window with nothing unsaved simply shows what another window wrote", () => {
  const state = nextDraft(start(), { type: "seen", text: text("other"), version: 4, savedAt: "t" });
  assert.equal(state.status, "saved");
  assert.equal(state.mine.sections[0]?.text, "other");
});

test("two windows that both wrote: both texts stay until somebody chooses", () => {
  let state = after(
    start(),
    { type: "edited", text: text("mine", "my impression") },
    { type: "sending" },
    { type: "refused-version" },
  );
  assert.equal(state.status, "conflict");
  state = nextDraft(state, { type: "seen", text: text("other", ""), version: 7, savedAt: "t" });
  assert.deepEqual(
    clashesOf(state).map(({ key, mine, theirs, suggested }) => [key, mine, theirs, suggested]),
    [
      ["findings", "mine", "other", "mine"],
      ["impression", "my impression", "", "mine"],
    ],
  );
  const both = resolveText(state, { findings: "both" });
  assert.equal(both.sections[0]?.text, "mine\n\nother");
  state = nextDraft(state, { type: "resolved", text: both });
  assert.equal(state.status, "dirty");
  assert.equal(state.version, 7);
});

test("a section that only the other window touched is offered from there", () => {
  const state = after(
    start(),
    { type: "edited", text: text("mine") },
    { type: "seen", text: text("", "their impression"), version: 4, savedAt: "t" },
  );
  assert.equal(state.status, "conflict");
  const suggestion = Object.fromEntries(clashesOf(state).map((clash) => [clash.key, clash.suggested]));
  assert.deepEqual(suggestion, { findings: "mine", impression: "theirs" });
  const resolved = resolveText(state, {});
  assert.deepEqual(
    resolved.sections.map((section) => section.text),
    ["mine", "their impression"],
  );
});

test("key images of both windows survive a conflict", () => {
  const state = after(
    start(),
    { type: "edited", text: text("mine", "", ["1.1"]) },
    { type: "seen", text: text("", "", ["1.1", "1.9"]), version: 4, savedAt: "t" },
  );
  assert.deepEqual(
    resolveText(state, {}).keyImages.map((each) => each.sopInstanceUid),
    ["1.1", "1.9"],
  );
});

test("our own save coming back as news is no conflict", () => {
  const sending = after(start(), { type: "edited", text: text("a") }, { type: "sending" });
  // The live notice may arrive before the answer to the save itself.
  const state = after(
    sending,
    { type: "seen", text: text("a"), version: 4, savedAt: "t" },
    { type: "accepted", version: 4, savedAt: "t" },
    { type: "seen", text: text("a"), version: 4, savedAt: "t" },
  );
  assert.equal(state.status, "saved");
  assert.equal(state.version, 4);
});

test("a lost claim keeps the text on the screen and saves it once the case is claimed again", () => {
  let state = after(start(), { type: "edited", text: text("a") }, { type: "sending" }, { type: "claim-lost" });
  assert.equal(state.status, "locked");
  state = nextDraft(state, { type: "edited", text: text("ab") });
  assert.equal(state.status, "locked");
  state = nextDraft(state, { type: "claim-regained" });
  assert.equal(state.status, "dirty");
  assert.equal(state.mine.sections[0]?.text, "ab");
});

test("who types a key every 350 ms without a pause is saved at least every three seconds", () => {
  const saves: number[] = [];
  let since: number | null = null;
  for (let key = 0; key < 30_000; key += 350) {
    since ??= key;
    const due = key + saveDelayMs(key - since);
    // Another keystroke restarts the timer.
    if (due > key + 350) continue;
    saves.push(due);
    since = null;
  }
  assert.ok(saves.length >= 10, `${saves.length} saves`);
  for (const [at, save] of saves.entries()) assert.ok(save - (saves[at - 1] ?? 0) <= 3_000);
  assert.equal(saveDelayMs(0), 800, "a pause saves sooner");
});

test("kept words stand beside a newer report by section: what only the other side changed is left as it is", () => {
  const typed = after(start(), { type: "edited", text: text("", "typed before the crash") });
  const kept = asUnsaved("case", typed);
  assert.ok(kept);
  const beside = compareWithReport(kept, text("saved elsewhere since", ""));
  assert.deepEqual(
    clashesOf(beside).map(({ key, suggested }) => [key, suggested]),
    [
      ["findings", "theirs"],
      ["impression", "mine"],
    ],
  );
  assert.deepEqual(
    resolveText(beside, {}).sections.map((section) => section.text),
    ["saved elsewhere since", "typed before the crash"],
  );
  assert.equal(asUnsaved("case", start()), null, "what is on the server is not kept");
  const sent = after(typed, { type: "sending" });
  assert.ok(asUnsaved("case", sent), "what is on its way may not arrive");
  assert.equal(asUnsaved("case", after(sent, { type: "accepted", version: 4, savedAt: "t" })), null);
});
