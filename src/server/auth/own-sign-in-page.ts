/**
 * Where the answer to a sign-in leads. next-auth sends whoever it refuses to pages of its own, which are served to nobody
 * (api/auth/[...nextauth]/route.ts): the sign-in page says the same. Any other address is left as it is.
 *
 * @param location of next-auth's answer
 */
export function ownSignInPage(location: string): string {
  const { pathname, searchParams } = new URL(location, "http://localhost");
  if (pathname !== "/api/auth/error" && pathname !== "/api/auth/signin") return location;
  // Without an error it is the form's token that was not accepted: the page was open longer than its cookie.
  return `/sign-in?error=${encodeURIComponent(searchParams.get("error") ?? "csrf")}`;
}
