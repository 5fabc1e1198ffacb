import { startSigningOut, tellOtherWindows } from "../_trpc/session-ended.ts";
import { countKept, forgetAll } from "../_words/kept-words.ts";

const unsaved =
  "Words you wrote are not saved yet: open the case again to restore them. Signing out throws them away. Sign out all the same?";

/**
 * Ends the session at the server and leaves; the address is left behind so that "back" shows nothing, and unsaved words
 * that are kept in this browser go, after a question.
 */
export async function signOut(userId: string): Promise<void> {
  const kept = await countKept(userId).catch(() => 0);
  if (kept > 0 && !window.confirm(unsaved)) return;
  startSigningOut();
  try {
    await forgetAll(userId).catch(() => {});
    const answer = await fetch("/api/auth/csrf");
    const { csrfToken } = (await answer.json()) as { csrfToken: string };
    await fetch("/api/auth/signout", {
      method: "POST",
      body: new URLSearchParams({ csrfToken, callbackUrl: "/sign-in", json: "true" }),
    });
  } finally {
    tellOtherWindows();
    window.location.replace("/sign-in");
  }
}
