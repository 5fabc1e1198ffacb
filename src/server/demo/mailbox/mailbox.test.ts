import assert from "node:assert/strict";
import { test } from "node:test";
import { Mailbox, readMail } from "./mailbox.ts";

test("a mail is read as it was written, whatever its coding", () => {
  assert.deepEqual(
    readMail(
      "Subject: =?UTF-8?Q?Overread:_80_=E2=80=AF%?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=\r\n=C3=9Fe",
    ),
    { subject: "Overread: 80 \u202f%", text: "Grüße" },
  );
  assert.equal(readMail("Subject: x\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==").text, "Grüße");
});

test("what a mail says is text on the page, never a part of it", () => {
  const mailbox = new Mailbox();
  mailbox.add(['"<b>"@example.org'], "Subject: <script>alert(1)</script>\n\n</pre><img src=x>", new Date(0));
  const page = mailbox.page();
  assert.doesNotMatch(page, /<script|<img|<b>/);
  assert.match(page, /&lt;script&gt;/);
});

test("a hundred mails are kept, the newest first", () => {
  const mailbox = new Mailbox();
  for (let n = 1; n <= 120; n++) mailbox.add(["a@example.org"], `Subject: mail ${n}.\n\nx`, new Date(0));
  const page = mailbox.page();
  assert.ok(page.indexOf("mail 120.") < page.indexOf("mail 119."));
  assert.ok(!page.includes("mail 20.") && page.includes("mail 21."));
});
