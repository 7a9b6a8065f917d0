import type { ReactNode } from "react";
import { initials } from "@signet/kit";
import { Icon } from "./icons";

const TINTS = 6;

/** Initials on a quiet tint that stays with the person; a silhouette for who has no name. */
export function Avatar({ id, name, anonymous }: { id: string; name: string; anonymous: boolean }): ReactNode {
  const letters = anonymous ? "" : initials(name);
  const tint = letters === "" ? "none" : [...id].reduce((sum, one) => sum + (one.codePointAt(0) ?? 0), 0) % TINTS;
  return (
    <span className="avatar" data-tint={tint} aria-hidden="true">
      {letters === "" ? <Icon name="person" /> : letters}
    </span>
  );
}
