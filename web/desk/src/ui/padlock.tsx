import type { ReactNode } from "react";
import { type IdentityFacts, identityWords } from "@signet/kit";
import { useNow } from "./clock";
import { PadlockIcon } from "./icons";

/** The padlock and its words. Drawn in the desk's own frame, never inside text that a visitor wrote. */
export function Padlock({ identity }: { identity: IdentityFacts }): ReactNode {
  const words = identityWords(identity, useNow());
  return (
    <span className="padlock" data-identity={identity.state} role="img" aria-label={words}>
      <PadlockIcon state={identity.state} />
      <span className="padlock-words">{words}</span>
    </span>
  );
}
