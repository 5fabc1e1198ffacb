import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "#server/trpc/root.ts";

/** What the procedures return, as received by a browser (dates are ISO text). */
export type Outputs = inferRouterOutputs<AppRouter>;
export type Inputs = inferRouterInputs<AppRouter>;

export type WorklistAnswer = Outputs["worklist"]["list"];
export type WorklistItem = WorklistAnswer["items"][number];
export type CaseSkip = WorklistAnswer["skips"][number];
export type CaseDetail = Outputs["worklist"]["get"];
export type OpenStudy = Outputs["study"]["open"];
export type Report = Outputs["report"]["get"];
export type Section = Report["sections"][number];
export type SignedVersion = Report["versions"][number];
export type Template = Outputs["report"]["templates"][number];
export type ReferralItem = Outputs["referral"]["list"]["items"][number];
export type Referral = Outputs["referral"]["get"];
export type Edge = Outputs["edge"]["list"][number];
export type Facility = Outputs["facility"]["list"][number];
export type ServiceLevels = Outputs["serviceLevel"]["list"][number];
export type StaffMember = Outputs["user"]["list"]["items"][number];
export type AuditItem = Outputs["audit"]["search"]["items"][number];
export type Notice = Outputs["notice"]["list"]["items"][number];
export type Me = Outputs["session"]["me"];
