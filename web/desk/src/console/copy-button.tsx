import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../ui/icons";

/** How long the outcome is shown, milliseconds. */
const SHOWN_FOR = 2_500;

interface CopyButtonProps {
  readonly text: string;
  /** Id of the element that shows the text: it is selected where the clipboard is closed to pages, as over plain HTTP. */
  readonly shownIn: string;
  readonly what: string;
  /** Whether the text is too long to stand in the button's name. */
  readonly isLong?: boolean;
  /** Words on the button instead of the icon alone. */
  readonly words?: string;
  readonly autoFocus?: boolean;
}

export function CopyButton({ text, shownIn, what, isLong = false, words, autoFocus = false }: CopyButtonProps): ReactNode {
  const [outcome, setOutcome] = useState<"copied" | "selected" | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      const element = document.getElementById(shownIn);
      if (element !== null) getSelection()?.selectAllChildren(element);
      setOutcome("selected");
    }
  }

  return (
    <>
      <Button
        className={words === undefined ? "button copy" : "button"}
        {...(words === undefined
          ? { "data-look": "quiet", "data-shape": "icon", "aria-label": isLong ? `Copy ${what}` : `Copy ${what} ${text}` }
          : { "data-look": "secondary" })}
        autoFocus={autoFocus}
        onPress={() => void copy()}
      >
        <Icon name={outcome === "copied" ? "ok" : "copy"} />
        {words}
      </Button>
      <span className={outcome === "selected" ? "hint" : "visually-hidden"} role="status">
        {outcome === "copied" && "Copied"}
        {outcome === "selected" && "Selected; copy it with the keyboard"}
      </span>
    </>
  );
}
