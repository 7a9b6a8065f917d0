import { type ReactNode, useId } from "react";
import { CopyButton } from "./copy-button";

interface CopyBlockProps {
  readonly text: string;
  /** What it is, as in "Copy the snippet". */
  readonly what: string;
}

/** Lines of code to be copied as they stand. */
export function CopyBlock({ text, what }: CopyBlockProps): ReactNode {
  const id = useId();
  return (
    <div className="copy-block">
      {/* Code runs from left to right in every language. */}
      <pre dir="ltr" role="group" aria-label={what}>
        <code id={id}>{text}</code>
      </pre>
      <CopyButton text={text} shownIn={id} what={what} isLong />
    </div>
  );
}
