import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import type { Task } from "./task";

interface SubmitButtonProps {
  readonly task: Task;
  readonly busyWords: string;
  readonly look?: "primary" | "danger";
  readonly isDisabled?: boolean;
  readonly children: string;
}

/** Sends its form. While that is under way it says so and sends nothing a second time. */
export function SubmitButton({ task, busyWords, look = "primary", isDisabled = false, children }: SubmitButtonProps): ReactNode {
  return (
    <Button type="submit" className="button" data-look={look} data-busy={task.busy} isDisabled={isDisabled}>
      {task.busy ? busyWords : children}
    </Button>
  );
}
