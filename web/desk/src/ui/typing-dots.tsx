import type { ReactNode } from "react";

export const TypingDots = (): ReactNode => (
  <span className="typing-dots" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
);
