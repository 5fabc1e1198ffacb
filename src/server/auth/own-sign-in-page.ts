/**
 * The redirect of a sign-in answer. next-auth redirects refusals to its own pages, which are not served
 * (api/auth/[...nextauth]/route.ts); these are mapped to our sign-in page. Any other address is unchanged.
 *
 * @param location of next-auth's answer
 */
export function ownSignInPage(location: string): string {
  const { pathname, searchParams } = new URL(location, "http://localhost");
  if (pathname !== "/api/auth/error" && pathname !== "/api/auth/signin") return location;
  // Without an error the CSRF token was not accepted: the page was open longer than its cookie is valid.
  return `/sign-in?error=${encodeURIComponent(searchParams.get("error") ?? "csrf")}`;
}
