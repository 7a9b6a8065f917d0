import { type ReactNode, useId } from "react";

interface SettingsProps {
  readonly title: string;
  readonly hint: ReactNode;
  readonly children: ReactNode;
}

/** What belongs together, under a heading and a sentence about it. */
export function Settings({ title, hint, children }: SettingsProps): ReactNode {
  const id = useId();
  return (
    <section className="card settings" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <p className="hint">{hint}</p>
      </header>
      <div className="settings-content">{children}</div>
    </section>
  );
}
