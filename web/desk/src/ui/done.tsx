import type { ReactNode } from "react";
import { Icon } from "./icons";

/** That something is done. Always in the page: what appears in it is spoken. */
export function Done({ words }: { words: string | null }): ReactNode {
  return (
    <div role="status">
      {words !== null && (
        <p className="done">
          <Icon name="ok" />
          <span>{words}</span>
        </p>
      )}
    </div>
  );
}
