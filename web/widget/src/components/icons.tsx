/** Drawings beside words. They say nothing by themselves, so screen readers skip them. */
import { padlocks } from "@signet/kit";
import type { JSX } from "preact";

function Drawing({ size, box, children }: { size: number; box: number; children: JSX.Element | JSX.Element[] }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox={`0 0 ${box} ${box}`}
      fill="none"
      stroke="currentColor"
      stroke-width={box === 16 ? 1.5 : 1.75}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

/** One drawing per meaning, on a field of 20. */
const PATHS = {
  chat: "M10 3.2c4 0 7 2.6 7 6s-3 6-7 6c-.8 0-1.6-.1-2.3-.3L4 16.6l.8-3C3.7 12.5 3 11 3 9.2c0-3.4 3-6 7-6Z",
  close: "m5 5 10 10M15 5 5 15",
  send: "M3.5 10 16.5 4l-4 12.5-3-5-6-1.5Zm6 1.5 3-3",
  down: "M10 4v12m-5-5 5 5 5-5",
  up: "M10 16V4M5 9l5-5 5 5",
  clock: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14Zm0 3.5V10l2.3 1.5",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  checks: "m2 10.5 3.5 3.5L12 7m-3 6 1 1 7.5-8",
  alert: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14Zm0 3.5v4m0 2.8v.1",
  retry: "M16 10a6 6 0 1 1-1.8-4.3L16 7.5M16 4v3.5h-3.5",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6",
  save: "M10 3v9m-4-4 4 4 4-4M4 15.5h12",
  person: "M10 3a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM3.5 17c.6-3.2 3.2-5 6.5-5s5.9 1.8 6.5 5",
  star: "m10 3 2.1 4.5 4.9.6-3.6 3.4.9 4.9L10 14l-4.3 2.4.9-4.9L3 8.1l4.9-.6L10 3Z",
  offline: "M3 8.2a10 10 0 0 1 3.5-2.2m3.5-.6a10 10 0 0 1 7 2.8M6 11.3a6 6 0 0 1 2.5-1.4M10 15.4v.1M3.5 3.5l13 13",
} as const;

export function Icon({ name, size = 18 }: { name: keyof typeof PATHS; size?: number }): JSX.Element {
  return (
    <Drawing size={size} box={20}>
      <path d={PATHS[name]} />
    </Drawing>
  );
}

/** The closed padlock, or the one that has come open. */
export function Padlock({ closed, size = 14 }: { closed: boolean; size?: number }): JSX.Element {
  const { fills, strokes } = padlocks[closed ? "VERIFIED" : "NO_LONGER_VERIFIED"];
  return (
    <Drawing size={size} box={16}>
      {[
        ...fills.map((path) => <path key={path} d={path} fill="currentColor" stroke="none" />),
        ...strokes.map((path) => <path key={path} d={path} />),
      ]}
    </Drawing>
  );
}
