import type { ReactNode } from "react";
import { type Drawing, type IdentityState, padlocks, seal } from "@signet/kit";

const icons = {
  waiting: { strokes: ["M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z", "M8 4.8V8l2.2 1.6"], fills: [] },
  mine: {
    strokes: ["M8 8.2a2.9 2.9 0 1 0 0-5.8a2.9 2.9 0 0 0 0 5.8Z", "M2.6 14c.5-2.5 2.6-3.7 5.4-3.7s4.9 1.2 5.4 3.7"],
    fills: [],
  },
  all: {
    strokes: [
      "M2 9.2 3.7 3.4A1.2 1.2 0 0 1 4.9 2.5h6.2a1.2 1.2 0 0 1 1.2.9L14 9.2v3.1a1.2 1.2 0 0 1-1.2 1.2H3.2A1.2 1.2 0 0 1 2 12.3Z",
      "M2 9.2h3.5l.9 1.7h3.2l.9-1.7H14",
    ],
    fills: [],
  },
  closed: { strokes: ["M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z", "m5.3 8.2 1.9 1.9 3.6-3.9"], fills: [] },
  back: { strokes: ["M9.8 3.5 5.3 8l4.5 4.5"], fills: [] },
  send: { strokes: ["M8 13.2V3.2", "M3.7 7.3 8 3l4.3 4.3"], fills: [] },
  close: { strokes: ["m4 4 8 8M12 4l-8 8"], fills: [] },
  details: {
    strokes: [
      "M3.2 2.8h9.6c.7 0 1.2.5 1.2 1.2v8c0 .7-.5 1.2-1.2 1.2H3.2C2.5 13.2 2 12.7 2 12V4c0-.7.5-1.2 1.2-1.2Z",
      "M10 2.8v10.4",
    ],
    fills: [],
  },
  help: {
    strokes: [
      "M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z",
      "M6.2 6.2c.1-1.1.8-1.7 1.8-1.7s1.8.7 1.8 1.6c0 1.3-1.8 1.3-1.8 2.7",
      "M8 11.3v.05",
    ],
    fills: [],
  },
  more: { strokes: ["M3.5 8h.05M8 8h.05M12.5 8h.05"], fills: [] },
  person: {
    strokes: ["M8 7.7a2.6 2.6 0 1 0 0-5.2a2.6 2.6 0 0 0 0 5.2Z", "M3.2 13.5c.5-2.2 2.3-3.3 4.8-3.3s4.3 1.1 4.8 3.3"],
    fills: [],
  },
  down: { strokes: ["M8 3v10", "M3.7 8.7 8 13l4.3-4.3"], fills: [] },
  lost: {
    strokes: ["M2 6.5a8.7 8.7 0 0 1 12 0", "M4.6 9.3a5 5 0 0 1 6.8 0", "M8 12.5v.05", "m2.5 2.5 11 11"],
    fills: [],
  },
  warning: { strokes: ["M8 2.3 14.3 13.3H1.7Z", "M8 6.5v3M8 11.3v.05"], fills: [] },
  project: { strokes: ["M2.5 6.5h11v7h-11Z", "M2.5 6.5 4 2.8h8l1.5 3.7", "M6.5 13.5v-3.5h3v3.5"], fills: [] },
  console: {
    strokes: ["M2.5 4.5h6.2M12.3 4.5h1.2M2.5 11.5h1.2M7.3 11.5h6.2", "M10.5 6.3a1.8 1.8 0 1 0 0-3.6a1.8 1.8 0 0 0 0 3.6Z", "M5.5 13.3a1.8 1.8 0 1 0 0-3.6a1.8 1.8 0 0 0 0 3.6Z"],
    fills: [],
  },
  doctor: { strokes: ["M1.8 8.4h2.9l1.5-4.3 2.9 8 1.7-5.2.7 1.5h2.7"], fills: [] },
  failures: { strokes: ["M2.2 13.5h11.6", "M4 11.2V8.4M8 11.2V3M12 11.2V6.2"], fills: [] },
  ok: { strokes: ["M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z", "m5.3 8.2 1.9 1.9 3.6-3.9"], fills: [] },
  failed: { strokes: ["M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z", "m5.9 5.9 4.2 4.2M10.1 5.9l-4.2 4.2"], fills: [] },
  skipped: { strokes: ["M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z", "M5.4 8h5.2"], fills: [] },
  add: { strokes: ["M8 3.2v9.6M3.2 8h9.6"], fills: [] },
  group: {
    strokes: [
      "M6 7.4a2.4 2.4 0 1 0 0-4.8a2.4 2.4 0 0 0 0 4.8Z",
      "M1.6 13.2c.4-2.2 2.1-3.3 4.4-3.3s4 1.1 4.4 3.3",
      "M10.6 2.9a2.3 2.3 0 0 1 0 4.2M12 10.2c1.4.5 2.2 1.5 2.5 3",
    ],
    fills: [],
  },
  plug: { strokes: ["M5.6 2v3.4M10.4 2v3.4", "M3.8 5.4h8.4v2.4a4.2 4.2 0 0 1-8.4 0Z", "M8 12v2.4"], fills: [] },
  log: { strokes: ["M3.2 2.2h9.6v11.6H3.2Z", "M5.6 5.4h4.8M5.6 8h4.8M5.6 10.6h2.6"], fills: [] },
  point: { strokes: [], fills: ["M8 9.6a1.6 1.6 0 1 0 0-3.2a1.6 1.6 0 0 0 0 3.2Z"] },
  copy: {
    strokes: ["M6 5.5h6.5c.3 0 .5.2.5.5v7c0 .3-.2.5-.5.5H6a.5.5 0 0 1-.5-.5V6c0-.3.2-.5.5-.5Z", "M3.5 10.5H3V3c0-.3.2-.5.5-.5H10V3"],
    fills: [],
  },
  key: {
    strokes: ["M5.4 13.6a3 3 0 1 0 0-6a3 3 0 0 0 0 6Z", "M7.6 8.5 13.2 2.9M10.9 5.2l2 2"],
    fills: [],
  },
  "platform-keys": {
    strokes: ["M8 1.8 13.5 4v3.8c0 3.2-2.2 5.4-5.5 6.4c-3.3-1-5.5-3.2-5.5-6.4V4Z", "M8 8.6a1.5 1.5 0 1 0 0-3a1.5 1.5 0 0 0 0 3ZM8 8.6v2.4"],
    fills: [],
  },
  next: { strokes: ["M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z"], fills: ["M8 10.4a2.4 2.4 0 1 0 0-4.8a2.4 2.4 0 0 0 0 4.8Z"] },
  later: { strokes: ["M8 14.2a6.2 6.2 0 1 0 0-12.4a6.2 6.2 0 0 0 0 12.4Z"], fills: [] },
  tick: { strokes: ["m3.8 8.3 2.8 2.9 5.6-6.2"], fills: [] },
  menu: { strokes: ["M2.5 4.5h11M2.5 8h11M2.5 11.5h11"], fills: [] },
  open: { strokes: ["m4.2 6 3.8 3.9L11.8 6"], fills: [] },
} satisfies Record<string, Drawing>;

export type IconName = keyof typeof icons;

function Paths({ drawing }: { drawing: Drawing }): ReactNode {
  return (
    <>
      {drawing.fills.map((path) => (
        <path key={path} d={path} fill="currentColor" />
      ))}
      {drawing.strokes.map((path) => (
        <path key={path} d={path} fill="none" stroke="currentColor" strokeLinecap="round" strokeLinejoin="round" />
      ))}
    </>
  );
}

/** A decoration: whatever it says stands beside it in words or in its control's name. */
export function Icon({ name }: { name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <Paths drawing={icons[name]} />
    </svg>
  );
}

/** The padlock as a drawing; who uses it gives the words. */
export function PadlockIcon({ state }: { state: IdentityState }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <Paths drawing={padlocks[state]} />
    </svg>
  );
}

/** Signet's seal. */
export function Seal(): ReactNode {
  return (
    <svg className="seal" viewBox="0 0 32 32" aria-hidden="true">
      <path className="seal-wax" d={seal.wax} />
      <path className="seal-ridge" d={seal.ridge} />
      <path className="seal-letter" d={seal.letter} />
    </svg>
  );
}
