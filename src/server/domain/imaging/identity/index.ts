export { ClearIdentity, clearIdentity } from "./clear.ts";
export { type IdentityTask, listIdentityTasks } from "./list.ts";
export { identityPolicy } from "./policy.ts";
