export { askSender } from "./ask-sender.ts";
export { type DamagedStudy, ListDamaged, listDamaged } from "./list-damaged.ts";
export { damagePolicy } from "./policy.ts";
export { type ObjectCheck, recordCheck } from "./record-check.ts";
