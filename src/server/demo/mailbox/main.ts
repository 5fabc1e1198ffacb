import { createServer } from "node:http";
import { SMTPServer } from "smtp-server";
import { Mailbox } from "./mailbox.ts";

/**
 * The demo's mail server: takes every mail by SMTP and shows the last hundred on a page of its own. It sends nothing anywhere, keeps nothing on
 * disk, and is reached from this machine alone.
 *
 * Arguments: the port for SMTP, the port of the page.
 */
const [smtpPort, pagePort] = process.argv.slice(2).map(Number);
const mailbox = new Mailbox();
const smtp = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  size: 1 << 20,
  closeTimeout: 500,
  onData(stream, session, done) {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      mailbox.add(
        session.envelope.rcptTo.map(({ address }) => address),
        Buffer.concat(parts).toString("utf8"),
        new Date(),
      );
      done();
    });
  },
});
smtp.on("error", () => {});
smtp.listen(smtpPort, "127.0.0.1");

const page = createServer((_, res) => {
  res.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  res.end(mailbox.page());
}).listen(pagePort, "127.0.0.1");

for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.on(signal, () => {
    page.close();
    page.closeAllConnections();
    smtp.close(() => process.exit(0));
  });
