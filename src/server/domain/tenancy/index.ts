export { insertAccount, NewAccount, personNameFrom } from "./create-account.ts";
export { createContract, type NewContract } from "./create-contract.ts";
export { createFacility, type NewFacility } from "./create-facility.ts";
export { createOrganization, type NewOrganization } from "./create-organization.ts";
export { type FacilityListItem, listFacilities, UpdateFacility, updateFacility } from "./facilities.ts";
export { changePassword, ownAccount, signOutEverywhere } from "./own-account.ts";
export { tenancyPolicy } from "./policy.ts";
export { CreateUser, createUser, deactivateUser, listUsers, type UserListItem } from "./users.ts";
