/** Sales the page recorded: each is told to the server once, as soon as there is a session to tell it with. */
import { TRANSPORT_RETRIES, backOff, pause } from "@signet/client";
import type { Environment, VisitorApi } from "@signet/client";
import type { Transaction } from "@signet/protocol";

/** See the module's description. */
export class Sales {
  readonly #api: VisitorApi;
  readonly #environment: Environment;
  #waiting: Transaction[] = [];

  constructor(api: VisitorApi, environment: Environment) {
    this.#api = api;
    this.#environment = environment;
  }

  record(transaction: Transaction): void {
    this.#waiting.push(transaction);
  }

  /** Tells the server what waits. Without a token it waits on. */
  attribute(token: string | null): void {
    if (token === null) return;
    for (const transaction of this.#waiting.splice(0)) void this.#tell(token, transaction);
  }

  /** They were somebody else's. */
  forget(): void {
    this.#waiting = [];
  }

  /** An id counts once on the server, so a sale may be told again after a lost answer. */
  async #tell(token: string, transaction: Transaction): Promise<void> {
    for (let attempt = 0; !(await this.#api.recordTransaction(token, transaction)); attempt += 1) {
      if (attempt === TRANSPORT_RETRIES) return;
      await pause(this.#environment, backOff(attempt, this.#environment.random));
    }
  }
}
