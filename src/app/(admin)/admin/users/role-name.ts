const names: Record<string, string> = {
  platform_operator: "Platform operator",
  site_admin: "Site administrator",
  technologist: "Technologist",
  referring_physician: "Referring physician",
  radiologist: "Radiologist",
  worklist_manager: "Worklist manager",
};

/** What a role is called by people. */
export function roleName(role: string): string {
  return names[role] ?? role;
}
