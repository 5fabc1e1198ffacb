/** Where the windows of one browser tell each other that the session is over. */
export const sessionChannel = "overread-session";

/** This window is where somebody signs out: it goes its own way. */
let signingOut = false;

/** Tells the other windows of this browser, which show patients too and need not wait until the portal tells them. */
export function tellOtherWindows(): void {
  signingOut = true;
  const channel = new BroadcastChannel(sessionChannel);
  channel.postMessage("ended");
  channel.close();
}

/** To the sign-in page, and back here afterwards. The address names a case at most, never a patient. */
export function leaveForSignIn(): void {
  const { pathname } = window.location;
  if (pathname === "/sign-in" || signingOut) return;
  window.location.assign(`/sign-in?ended=1&to=${encodeURIComponent(pathname)}`);
}
