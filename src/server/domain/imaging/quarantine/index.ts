export { ListQuarantined, listQuarantined } from "./list.ts";
export { openQuarantined } from "./open.ts";
export { quarantinePolicy } from "./policy.ts";
export { ResolveQuarantined, resolveQuarantined } from "./resolve.ts";
