/**
 * Sign-outs that the server does not know of yet.
 *
 * A sign-out is applied here at once and owed to the server until it has answered: by the session's sign-out handle, which
 * can end that session and nothing else, and therefore may be stored. Whichever widget of this browser comes next pays it,
 * also after the one that began it is gone.
 */
import type { VisitorApi } from "./api";
import { backOff, pause } from "./environment";
import type { Environment } from "./environment";

/** Where handles are kept. Shared by all tabs where the browser stores; must not throw. */
export interface HandleStore {
  /** The handle of a session that is open. */
  keep(handle: string): void;
  /** The kept handles, and `own`, are owed from now on. */
  owe(own: string | null): void;
  /** Handles that are owed, by any tab. */
  owed(): readonly string[];
  paid(handle: string): void;
}

/** The longest wait between two tries, milliseconds. */
const LONGEST = 30_000;

/** See the module's description. */
export class SignOuts {
  readonly #api: VisitorApi;
  readonly #environment: Environment;
  readonly #store: HandleStore;
  #paying: Promise<boolean> | null = null;
  #draining: Promise<void> | null = null;
  #wake: () => void = () => undefined;

  constructor(api: VisitorApi, environment: Environment, store: HandleStore) {
    this.#api = api;
    this.#environment = environment;
    this.#store = store;
  }

  keep(handle: string): void {
    this.#store.keep(handle);
  }

  owe(own: string | null): void {
    this.#store.owe(own);
  }

  /** Tells the server of what is owed. True when nothing is any more. */
  pay(): Promise<boolean> {
    this.#paying ??= this.#pay().finally(() => (this.#paying = null));
    return this.#paying;
  }

  /** Tries until nothing is owed any more. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => (this.#draining = null));
    return this.#draining;
  }

  /** Tries at once, for when the network is known to be back. */
  wake(): void {
    this.#wake();
  }

  async #pay(): Promise<boolean> {
    let all = true;
    for (const handle of this.#store.owed()) {
      if (await this.#api.logout(handle)) this.#store.paid(handle);
      else all = false;
    }
    return all;
  }

  async #drain(): Promise<void> {
    for (let attempt = 0; !(await this.pay()); attempt += 1) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([woken, pause(this.#environment, backOff(attempt, this.#environment.random, 1_000, LONGEST))]);
    }
  }
}
