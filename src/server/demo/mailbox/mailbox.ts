type Mail = { to: string[]; at: Date; subject: string; text: string };

const kept = 100;
const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);

/** The last mails, and a page of them. */
export class Mailbox {
  #mails: Mail[] = [];

  add(to: string[], raw: string, at: Date): void {
    this.#mails = [{ to, at, ...readMail(raw) }, ...this.#mails].slice(0, kept);
  }

  /** Reloads itself. What mails say is shown as text. */
  page(): string {
    const items = this.#mails.map(
      ({ to, at, subject, text }) =>
        `<article><h2>${escaped(subject)}</h2><p class="to">to ${escaped(to.join(", "))}, ${at.toISOString()}</p><pre>${escaped(text)}</pre></article>`,
    );
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><meta name="viewport" content="width=device-width">
<title>Mails of the demo</title><style>
:root { color-scheme: light dark } body { font: 15px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
article { border-top: 1px solid; padding: .75rem 0 } h2 { font-size: 1rem; margin: 0 } .to { margin: 0; opacity: .8 } pre { white-space: pre-wrap; font: inherit; margin: .5rem 0 0 }
</style></head><body><main><h1>Mails of the demo</h1><p>What the portal has sent by mail since it was started. Nothing leaves this machine.</p>${
      items.join("") || "<p>None yet.</p>"
    }</main></body></html>`;
  }
}

/** Subject and text of a plain mail, as the portal sends them (RFC 5322, quoted-printable or as it is; RFC 2047 subjects). */
export function readMail(raw: string): { subject: string; text: string } {
  const [, head = "", body = ""] = /^([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(raw) ?? [];
  const headers = new Map(
    head
      .replaceAll(/\r?\n[ \t]+/g, " ")
      .split(/\r?\n/)
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const coded = headers.get("content-transfer-encoding")?.toLowerCase();
  const text =
    coded === "quoted-printable"
      ? unquoted(body.replaceAll(/=\r?\n/g, ""))
      : coded === "base64"
        ? Buffer.from(body, "base64").toString("utf8")
        : body;
  const subject = (headers.get("subject") ?? "")
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, kind: string, coded: string) =>
      kind.toLowerCase() === "b" ? Buffer.from(coded, "base64").toString("utf8") : unquoted(coded.replaceAll("_", " ")),
    );
  return { subject, text };
}

const unquoted = (text: string): string =>
  text.replaceAll(/(?:=[0-9A-F]{2})+/gi, (run) => Buffer.from(run.replaceAll("=", ""), "hex").toString("utf8"));
