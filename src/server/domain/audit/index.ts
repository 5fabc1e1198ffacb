export { type AuditAction, type AuditEntry, appendAs, audit } from "./append.ts";
