/** Where the windows of one browser tell each other that the session is over. */
export const sessionChannel = "overread-session";

/** To the sign-in page, and back here afterwards. The address names a case at most, never a patient. */
export function leaveForSignIn(): void {
  const { pathname } = window.location;
  if (pathname === "/sign-in") return;
  window.location.assign(`/sign-in?ended=1&to=${encodeURIComponent(pathname)}`);
}
