import type { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { authOptions } from "#server/auth/options.ts";

// The front door says under which name the portal was reached (x-forwarded-host, which it sets itself).
process.env.AUTH_TRUST_HOST ??= "1";

function handle(req: NextRequest, context: { params: Promise<{ nextauth: string[] }> }): Promise<Response> {
  return NextAuth(req, context, authOptions());
}

export { handle as GET, handle as POST };
