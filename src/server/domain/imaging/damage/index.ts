export { askSender } from "./ask-sender.ts";
export { ListDamaged, listDamaged } from "./list-damaged.ts";
export { damagePolicy } from "./policy.ts";
export { type ObjectCheck, recordCheck } from "./record-check.ts";
