import assert from "node:assert/strict";
import { test } from "node:test";
import { onSignedInAgain, registerText, sessionHasEnded, signInAgain } from "./session-ended.ts";

const writer = {
  userId: "0f8f4a1e-9a53-4f59-8b1c-3a1d5a0b7c11",
  email: "radiologist@nightshift.example",
  orgSlug: "nightshift",
};

test("a session that ends over unsaved words asks for the sign-in there; with all saved the page is left", () => {
  const left: string[] = [];
  Object.assign(globalThis, {
    window: { location: { pathname: "/studies/a", assign: (to: string) => left.push(to) } },
  });
  let unsaved = true;
  let again = 0;
  const forget = registerText({ writer, unsaved: () => unsaved, signedInAgain: () => (again += 1) });

  sessionHasEnded();
  sessionHasEnded();
  assert.deepEqual(left, [], "the words stay in the window");
  assert.deepEqual(signInAgain.writer(), writer, "and only who wrote them may go on");
  signInAgain.done();
  assert.equal(signInAgain.writer(), null);
  assert.equal(again, 1, "what is unsaved is sent at once");

  sessionHasEnded();
  assert.deepEqual(signInAgain.writer(), writer, "a second time too");
  signInAgain.done();

  unsaved = false;
  sessionHasEnded();
  unsaved = true;
  forget();
  sessionHasEnded();
  assert.deepEqual(left, Array(2).fill("/sign-in?ended=1&to=%2Fstudies%2Fa"));
});

test("what was refused for want of a session is done once after the sign-in, when the old session's stream has gone", () => {
  Object.assign(globalThis, { window: { location: { pathname: "/studies/a", assign: () => {} } } });
  const order: string[] = [];
  const forget = registerText({ writer, unsaved: () => true, signedInAgain: () => order.push("save") });
  const deaf = onSignedInAgain(() => order.push("stream"));
  sessionHasEnded(() => order.push("claim"));
  signInAgain.done();
  assert.deepEqual(order, ["stream", "save", "claim"]);
  sessionHasEnded();
  signInAgain.done();
  assert.deepEqual(order.slice(3), ["stream", "save"]);
  deaf();
  forget();
});
