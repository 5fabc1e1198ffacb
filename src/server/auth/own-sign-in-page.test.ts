import assert from "node:assert/strict";
import { test } from "node:test";
import { ownSignInPage } from "./own-sign-in-page.ts";

test("a refused sign-in ends on the sign-in page with its reason, never on a page that is not there", () => {
  const portal = "https://portal.example/api/auth";
  for (const [location, page] of [
    [`${portal}/error?error=CredentialsSignin&provider=credentials`, "/sign-in?error=CredentialsSignin"],
    [`${portal}/error?error=auth.second-factor-required`, "/sign-in?error=auth.second-factor-required"],
    [`${portal}/error?error=auth.rate-limited%3A540`, "/sign-in?error=auth.rate-limited%3A540"],
    [`${portal}/signin?csrf=true`, "/sign-in?error=csrf"],
    ["/worklist", "/worklist"],
    ["https://portal.example/reports?list=mine", "https://portal.example/reports?list=mine"],
  ] as const)
    assert.equal(ownSignInPage(location), page);
});
