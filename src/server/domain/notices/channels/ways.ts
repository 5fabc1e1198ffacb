import { config } from "#server/config.ts";

/** The ways out that whoever runs the portal has set up. */
export function noticeWays(): { mail: boolean } {
  return { mail: config().notices.smtpUrl !== undefined };
}
