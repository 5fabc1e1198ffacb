import { notifyOtherWindows, startSigningOut } from "../_trpc/session-ended.ts";
import { countUnsavedTexts, deleteUnsavedTexts } from "../_unsaved-text/store.ts";

const unsaved =
  "Words you wrote are not saved yet: open the case again to restore them. Signing out throws them away. Sign out all the same?";

/**
 * Ends the session on the server and leaves the page. The URL is replaced, so that "back" shows nothing, and unsaved
 * text in this browser is deleted after a confirmation.
 */
export async function signOut(userId: string): Promise<void> {
  const kept = await countUnsavedTexts(userId).catch(() => 0);
  if (kept > 0 && !window.confirm(unsaved)) return;
  startSigningOut();
  try {
    await deleteUnsavedTexts(userId).catch(() => {});
    const answer = await fetch("/api/auth/csrf");
    const { csrfToken } = (await answer.json()) as { csrfToken: string };
    await fetch("/api/auth/signout", {
      method: "POST",
      body: new URLSearchParams({ csrfToken, callbackUrl: "/sign-in", json: "true" }),
    });
  } finally {
    notifyOtherWindows();
    window.location.replace("/sign-in");
  }
}
