/**
 * What the client needs from its surroundings. Passing it in keeps this package free of the DOM, so it runs in a
 * browser, in Node and in tests with a clock that only moves when told.
 */

/** The part of `WebSocket` the client uses. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

/** Names a running timer. */
export type Timer = unknown;

/** Sockets, time and chance. */
export interface Environment {
  /** Opens a socket to the visitor API with the subprotocol `signet.v1`. */
  openSocket(): Socket;
  /** Milliseconds since 1970. */
  now(): number;
  /** Between 0 (included) and 1 (excluded). */
  random(): number;
  /** A new UUID. */
  newId(): string;
  setTimer(action: () => void, milliseconds: number): Timer;
  clearTimer(timer: Timer): void;
}

/** Resolves after a number of milliseconds. */
export function pause(environment: Environment, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    environment.setTimer(resolve, milliseconds);
  });
}

/**
 * Milliseconds to wait before try number `attempt` (from 0): exponential with full jitter, so that a thousand widgets
 * that lost the same server do not come back in the same instant.
 */
export function backOff(attempt: number, random: () => number, base = 500, cap = 30_000): number {
  const ceiling = Math.min(cap, base * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
