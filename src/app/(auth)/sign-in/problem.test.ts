import assert from "node:assert/strict";
import { test } from "node:test";
import { signInProblem } from "./problem.ts";

test("a wrong password and an unknown address are told in the same words", () => {
  assert.match(signInProblem("CredentialsSignin", false)?.text ?? "", /E-mail or password is not right/);
});

test("somebody locked out is told when to come back", () => {
  assert.match(signInProblem("auth.rate-limited:540", false)?.text ?? "", /in 9 minutes/);
  assert.match(signInProblem("auth.rate-limited:30", false)?.text ?? "", /in 1 minute\./);
  assert.match(signInProblem("auth.rate-limited", false)?.text ?? "", /quarter of an hour/);
});

test("an error text from the address bar is never shown as it came", () => {
  const problem = signInProblem("<b>call 555</b>", false);
  assert.equal(problem?.text.includes("555"), false);
});

test("a session that ended is no error of the person's", () => {
  assert.equal(signInProblem(undefined, true)?.tone, "neutral");
  assert.equal(signInProblem(undefined, false), null);
});
