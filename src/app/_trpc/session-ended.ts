import { msSinceKey } from "../_ui/activity.ts";

/** Whoever pressed a key within this time is still writing. */
const typingMs = 30_000;

/** The channel on which the windows of one browser announce that the session is over. */
export const sessionChannel = "overread-session";

/** This window is signing out and ignores the end of its session. */
let signingOut = false;

/**
 * Call before the sign-out request: the portal notifies every window at once, and a window that navigated on the notice
 * would abort its own request, and with it the answer that clears the cache.
 */
export function startSigningOut(): void {
  signingOut = true;
}

/** Notifies the other windows of this browser, which show patients too and need not wait for the portal's notice. */
export function notifyOtherWindows(): void {
  const channel = new BroadcastChannel(sessionChannel);
  channel.postMessage("ended");
  channel.close();
}

/** Whose text is in this window: only this person may continue it. */
export type Writer = { userId: string; email: string; orgSlug: string };
/** A text in this window, and whether it has unsaved changes. */
type Text = { writer: Writer; unsaved: () => boolean; signedInAgain: () => void };

const texts = new Set<Text>();
const afterwards = new Set<() => void>();
const listeners = new Set<() => void>();
const watchers = new Set<() => void>();
let awaitedWriter: Writer | null = null;

function requireSignIn(writer: Writer | null): void {
  awaitedWriter = writer;
  for (const watcher of watchers) watcher();
}

/** Registers a text that must outlive the session. Returns a function that removes it. */
export function registerText(text: Text): () => void {
  texts.add(text);
  return () => texts.delete(text);
}

/**
 * Called after each sign-in over the text, before anything is sent again: what belongs to the old session has to go
 * first.
 */
export function onSignedInAgain(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Who has to sign in again in this window, over unsaved text; for `useSyncExternalStore`. */
export const signInAgain = {
  subscribe(watcher: () => void): () => void {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
  writer: (): Writer | null => awaitedWriter,
  done(): void {
    requireSignIn(null);
    for (const listener of listeners) listener();
    for (const text of texts) text.signedInAgain();
    const waiting = [...afterwards];
    afterwards.clear();
    for (const act of waiting) act();
  },
};

/**
 * The session is over (idle, ended by the server, signed out elsewhere). With unsaved text in this window, or while
 * somebody is writing, the sign-in opens over it; otherwise the window goes to the sign-in page and returns afterwards.
 * The URL contains a case id at most, never patient data.
 *
 * @param then repeats the refused request; called once after the sign-in in this window
 */
export function sessionHasEnded(then?: () => void): void {
  const { pathname } = window.location;
  if (then) afterwards.add(then);
  if (pathname === "/sign-in" || signingOut || awaitedWriter) return;
  // In the middle of a sentence everything may be saved; leaving then would lose the rest of it.
  const isTyping = msSinceKey() < typingMs;
  const unsaved = [...texts].find((text) => isTyping || text.unsaved());
  if (unsaved) requireSignIn(unsaved.writer);
  else window.location.assign(`/sign-in?ended=1&to=${encodeURIComponent(pathname)}`);
}
