import { sinceKeyMs } from "../_ui/activity.ts";

/** Who pressed a key this short a time ago is writing still. */
const typingMs = 30_000;

/** Where the windows of one browser tell each other that the session is over. */
export const sessionChannel = "overread-session";

/** This window is where somebody signs out: it goes its own way. */
let signingOut = false;

/**
 * To be called before the portal is asked to sign out: it tells every window at once, and one that left on hearing it would
 * break off its own request, and with it the answer that empties the cache.
 */
export function startSigningOut(): void {
  signingOut = true;
}

/** Tells the other windows of this browser, which show patients too and need not wait until the portal tells them. */
export function tellOtherWindows(): void {
  const channel = new BroadcastChannel(sessionChannel);
  channel.postMessage("ended");
  channel.close();
}

/** Whose words stand in this window: only they may go on with them. */
export type Writer = { userId: string; email: string; orgSlug: string };
/** Somebody's text in this window, and whether all of it is saved. */
type Text = { writer: Writer; unsaved: () => boolean; signedInAgain: () => void };

const texts = new Set<Text>();
const afterwards = new Set<() => void>();
const listeners = new Set<() => void>();
const watchers = new Set<() => void>();
let waitingFor: Writer | null = null;

function waitFor(writer: Writer | null): void {
  waitingFor = writer;
  for (const watcher of watchers) watcher();
}

/** Registers a text that must outlive the session. Answers with what takes it back. */
export function keepText(text: Text): () => void {
  texts.add(text);
  return () => texts.delete(text);
}

/** Hears of each sign-in over the text, before anything is sent again: what belongs to the old session has to go first. */
export function onSignedInAgain(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Who has to sign in again in this window, over the words that are not saved; for `useSyncExternalStore`. */
export const signInAgain = {
  subscribe(watcher: () => void): () => void {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
  writer: (): Writer | null => waitingFor,
  done(): void {
    waitFor(null);
    for (const listener of listeners) listener();
    for (const text of texts) text.signedInAgain();
    const waiting = [...afterwards];
    afterwards.clear();
    for (const act of waiting) act();
  },
};

/**
 * The session is over (idle, ended by the server, signed out elsewhere). With unsaved words in this window, or while
 * somebody is writing, the sign-in comes to them; otherwise the window goes to the sign-in page and comes back afterwards. The address names a case at
 * most, never a patient.
 *
 * @param then what was refused for want of a session; done once after the sign-in in this window
 */
export function sessionHasEnded(then?: () => void): void {
  const { pathname } = window.location;
  if (then) afterwards.add(then);
  if (pathname === "/sign-in" || signingOut || waitingFor) return;
  // All may be saved between two words of a sentence: leaving then would lose the rest of it.
  const isTyping = sinceKeyMs() < typingMs;
  const unsaved = [...texts].find((text) => isTyping || text.unsaved());
  if (unsaved) waitFor(unsaved.writer);
  else window.location.assign(`/sign-in?ended=1&to=${encodeURIComponent(pathname)}`);
}
