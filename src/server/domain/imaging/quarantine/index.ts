export { ListQuarantined, listQuarantined, type QuarantinedInstance, type QuarantinedVersion } from "./list.ts";
export { OfInstance, openQuarantined } from "./open.ts";
export { quarantinePolicy } from "./policy.ts";
export { ResolveQuarantined, resolveQuarantined } from "./resolve.ts";
