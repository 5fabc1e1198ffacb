import { noticeInWords } from "@overread/shared/notice-words/en";
import { createTransport } from "nodemailer";
import { config } from "#server/config.ts";
import type { Sending } from "#server/domain/notices/index.ts";
import { openSecret } from "#server/notice-secret.ts";
import { Refused } from "./refused.ts";

type MailSending = Extract<Sending, { channel: "mail" }>;

/**
 * Sends a notice, the code that proves an address, or a link that sets a password, by SMTP. Nothing but the notice's own words and a link into the portal, which asks who
 * one is. The message's id is the delivery's, so that a second attempt after a lost answer is known for the same mail.
 *
 * @throws {Refused} why it was not taken
 */
export async function sendMail({ deliveryId, address, caseId, says }: MailSending): Promise<void> {
  const { smtpUrl, mailFrom } = config().notices;
  if (!smtpUrl) throw new Refused("mail-not-set-up");
  const { publicUrl } = config().http;
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { subject, lines } = textOf(says, caseId, publicUrl);
  try {
    await transport.sendMail({
      from: mailFrom,
      to: { name: "", address },
      subject,
      text: `${lines.join("\n\n")}\n`,
      messageId: `<${deliveryId}@${new URL(publicUrl).hostname}>`,
      headers: { "Auto-Submitted": "auto-generated" },
    });
  } catch (error) {
    const { responseCode, code } = error as { responseCode?: number; code?: string };
    if (responseCode) throw new Refused(`smtp-${responseCode}`, { final: responseCode >= 500 && code === "EENVELOPE" });
    throw new Refused(code === "ETIMEDOUT" ? "timeout" : "unreachable");
  } finally {
    transport.close();
  }
}

function textOf(
  says: MailSending["says"],
  caseId: string | null,
  publicUrl: string,
): { subject: string; lines: string[] } {
  if ("code" in says)
    return {
      subject: "Overread: your code",
      lines: [
        `${says.code} is the code for notices to this address.`,
        "If you did not ask for it, nothing needs to be done: without the code nothing is sent here.",
      ],
    };
  if ("sealed" in says)
    return {
      subject: says.resets ? "Overread: a new password" : "Overread: your account",
      lines: [
        says.resets
          ? "An administrator has made this link with which you set a new password."
          : "An administrator has made you an account. With this link you set its password.",
        `${publicUrl}/invitation#${openSecret(says.sealed)}`,
        `It works once, until ${until(says.expiresAt)}. Pass it on to nobody.`,
        says.resets
          ? "If you did not ask for it, tell your administrator: your password works on until the link is used."
          : "If you know nothing of it, nothing needs to be done.",
      ],
    };
  const { title, text } = noticeInWords(says);
  return {
    subject: `Overread: ${title}`,
    lines: [
      `${title}. ${text}`,
      `${publicUrl}/${caseId ? `studies/${caseId}` : "worklist"}`,
      `Who and what it is about stands in the portal alone. You chose these mails at ${publicUrl}/account.`,
    ],
  };
}

/** In UTC: where its reader is, nobody knows. */
const until = (at: string): string =>
  `${new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(new Date(at))} UTC`;
