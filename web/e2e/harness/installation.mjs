/** The real binary as an operator starts it for the first time: `signet serve` in an empty folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY } from "./server.mjs";
import { eventually } from "./wait.mjs";

const PATIENCE = 60_000;

/**
 * Starts a platform on which nobody is yet. Gives the one-time link it printed.
 */
export async function firstStart() {
  const folder = await mkdtemp(join(tmpdir(), "signet-first-"));
  const child = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", "--data-dir", join(folder, "data")], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] },
  });
  let said = "";
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const link = await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`the server ended early:\n${log}`);
      return /^\s*(http\S+\/desk\/welcome#\S+)$/m.exec(said)?.[1];
    },
    { what: "the owner's link", patience: PATIENCE, stopOnError: true },
  );
  return {
    link,
    /** What it logged so far. */
    log: () => log,
    async close() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
