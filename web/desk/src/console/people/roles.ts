/** Roles in words. */
import type { Role } from "../../engine/people";

export type { Role };

/** The mightiest first. */
export const roles: readonly Role[] = ["OWNER", "ADMINISTRATOR", "SUPERVISOR", "AGENT", "AUDITOR"];

export const roleNames: Readonly<Record<Role, string>> = {
  OWNER: "Owner",
  ADMINISTRATOR: "Administrator",
  SUPERVISOR: "Supervisor",
  AGENT: "Agent",
  AUDITOR: "Auditor",
};

export const roleSentences: Readonly<Record<Role, string>> = {
  OWNER: "Everything, and hands out every role.",
  ADMINISTRATOR: "Settings, keys and people; every role but owner’s is theirs to give.",
  SUPERVISOR: "All conversations, and groups.",
  AGENT: "Answers visitors.",
  AUDITOR: "Reads everything, changes nothing.",
};
