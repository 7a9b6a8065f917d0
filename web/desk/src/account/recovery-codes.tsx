import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "react-aria-components";
import { CopyButton } from "../console/copy-button";
import { useDeskState } from "../ui/context";
import { download } from "../ui/download";
import { Icon } from "../ui/icons";

interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly onKept: () => void;
}

const LIST = "recovery-codes";

/** The codes for a lost telephone. They are in the page until it is said that they are kept, and cannot be read again. */
export function RecoveryCodes({ codes, onKept }: RecoveryCodesProps): ReactNode {
  const email = useDeskState((state) => state.viewer.email) ?? "";
  const heading = useRef<HTMLHeadingElement>(null);
  const text = codes.join("\n");
  useEffect(() => heading.current?.focus(), []);

  function keep(): void {
    const words = `Signet recovery codes of ${email}\nEach signs in once, in place of a code from the app.\n\n${text}\n`;
    download("signet-recovery-codes.txt", [words], "text/plain");
  }

  return (
    <>
      <h3 ref={heading} tabIndex={-1}>
        Keep your recovery codes
      </h3>
      <p>
        Each signs you in once when your telephone is lost. They are shown this one time: print them, or put them where you
        keep your passwords.
      </p>
      <ul id={LIST} className="recovery-codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code dir="ltr">{code}</code>
          </li>
        ))}
      </ul>
      <div className="form-actions">
        <CopyButton text={text} shownIn={LIST} what="all recovery codes" isLong words="Copy all" />
        <Button className="button" data-look="secondary" onPress={keep}>
          <Icon name="down" />
          Download
        </Button>
      </div>
      <div className="form-actions">
        <Button className="button" data-look="primary" onPress={onKept}>
          I have kept them
        </Button>
      </div>
    </>
  );
}
