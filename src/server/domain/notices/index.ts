export { acknowledgeNotice, OfNotice } from "./acknowledge-notice.ts";
export { forgetMail, MailCode, ownMail, SaveMail, saveMail, verifyMail } from "./channels/own-mail.ts";
export { type NoticeOutcome, recordNoticeOutcome } from "./channels/record-outcome.ts";
export { type Sending, takeNoticeDelivery } from "./channels/take-delivery.ts";
export { forgetWebhook, readWebhook, SaveWebhook, saveWebhook } from "./channels/webhook.ts";
export { listNotices } from "./list-notices.ts";
export { notify } from "./notify.ts";
export { noticePolicy } from "./policy.ts";
export { purgeNotices } from "./purge-notices.ts";
