export { insertAccount, NewAccount, personNameFrom } from "./create-account.ts";
export { createContract, type NewContract } from "./create-contract.ts";
export { createFacility, type NewFacility } from "./create-facility.ts";
export { createOrganization, type NewOrganization } from "./create-organization.ts";
