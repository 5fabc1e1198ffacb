import { tellOtherWindows } from "../_trpc/session-ended.ts";

/** Ends the session at the server and leaves; the address is left behind so that "back" shows nothing. */
export async function signOut(): Promise<void> {
  try {
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
