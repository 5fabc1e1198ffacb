export { addCalledAeTitle } from "./add-called-ae-title.ts";
export { insertAccount } from "./create-account.ts";
export { createContract } from "./create-contract.ts";
export { createFacility } from "./create-facility.ts";
export { createOrganization } from "./create-organization.ts";
export { listFacilities, UpdateFacility, updateFacility } from "./facilities.ts";
export { isPacsHost } from "./host-address.ts";
export { inviteUser } from "./invite-user.ts";
export { changePassword, ownAccount, signOutEverywhere } from "./own-account.ts";

export { endOwnSessions, listOwnSessions } from "./own-sessions.ts";
export { linkHash } from "./password-link.ts";
export { tenancyPolicy } from "./policy.ts";
export { redeemLink, replacePassword } from "./redeem-link.ts";
export { makeResetLink, makeResetLinkAsOperator } from "./reset-link.ts";
export { endOldestSessions, endSession, openSession, touchSession } from "./sessions.ts";
export { CreateUser, createUser, deactivateUser, listUsers } from "./users.ts";
