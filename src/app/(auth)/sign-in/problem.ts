/**
 * What the sign-in page says after a failed try.
 *
 * @param error next-auth's `error` parameter: `CredentialsSignin`, or a code of ours, the limit's with its seconds
 *   behind a colon (`auth.rate-limited:540`)
 * @param ended the session ended while somebody was working
 */
export function signInProblem(
  error: string | undefined,
  ended: boolean,
): { tone: "problem" | "neutral"; text: string } | null {
  if (error === undefined)
    return ended
      ? { tone: "neutral", text: "Your session has ended. Sign in again; what was saved is where you left it." }
      : null;
  const [code, seconds] = error.split(":");
  if (code === "CredentialsSignin" || code === "auth.invalid-credentials")
    return { tone: "problem", text: "E-mail or password is not right. Check both and try again." };
  if (code === "auth.second-factor-required")
    return {
      tone: "neutral",
      text: "Your account has a second factor. Give e-mail and password again, with the code of your authenticator app.",
    };
  if (code === "auth.second-factor-invalid")
    return {
      tone: "problem",
      text: "That code is not right or was used already. Wait for the next one and try again.",
    };
  if (code === "auth.rate-limited") {
    const minutes = Math.ceil(Number(seconds) / 60);
    const when = minutes > 0 ? `in ${minutes} ${minutes === 1 ? "minute" : "minutes"}` : "in a quarter of an hour";
    return { tone: "problem", text: `Too many wrong passwords. Try again ${when}.` };
  }
  return { tone: "problem", text: "Signing in did not work on our side. Try again in a moment." };
}
