import type { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { authOptions } from "#server/auth/options.ts";
import { ownSignInPage } from "#server/auth/own-sign-in-page.ts";

// The front door says under which name the portal was reached (x-forwarded-host, which it sets itself).
process.env.AUTH_TRUST_HOST ??= "1";

/** What the portal uses of next-auth. The rest (its own pages, its log) is for nobody. */
const used = new Set(["GET csrf", "GET session", "POST callback/credentials", "POST signout"]);

async function handle(req: NextRequest, context: { params: Promise<{ nextauth: string[] }> }): Promise<Response> {
  const { nextauth } = await context.params;
  if (!used.has(`${req.method} ${nextauth.join("/")}`)) return new Response(null, { status: 404 });
  const answer: Response = await NextAuth(req, context, authOptions());
  const location = answer.headers.get("location");
  if (location) answer.headers.set("location", ownSignInPage(location));
  // Images were cached for this person; the next one at this computer gets none of them. The browser's storage is not
  // emptied here: it may hold, unreadable, what a colleague could not save (app/_words); one's own goes by sign-out.ts.
  if (req.method === "POST" && req.nextUrl.pathname === "/api/auth/signout")
    answer.headers.set("clear-site-data", '"cache"');
  return answer;
}

export { handle as GET, handle as POST };
