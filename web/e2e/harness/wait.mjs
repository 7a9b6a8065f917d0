/** Waiting on conditions, the only kind of waiting in these tests. */

const PATIENCE = 20_000;
const PAUSE = 50;

/**
 * Asks again until the answer is truthy, and gives it back. An error counts as "not yet" unless `stopOnError`.
 * @template T
 * @param {() => T | Promise<T>} ask
 * @param {{what: string, patience?: number, stopOnError?: boolean}} options `what` completes "waited in vain for …"
 * @returns {Promise<NonNullable<T>>}
 */
export async function eventually(ask, { what, patience = PATIENCE, stopOnError = false }) {
  const end = Date.now() + patience;
  /** @type {unknown} */
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      if (stopOnError) throw error;
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what} (${patience} ms)`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
