export { ClearIdentity, clearIdentity } from "./clear.ts";
export { listIdentityTasks } from "./list.ts";
export { identityPolicy } from "./policy.ts";
