export { acknowledgeNotice, OfNotice } from "./acknowledge-notice.ts";
export { listNotices } from "./list-notices.ts";
export { notify } from "./notify.ts";
export { purgeNotices } from "./purge-notices.ts";
