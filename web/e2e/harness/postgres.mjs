/** A real PostgreSQL for a test: a fresh cluster in a temporary folder, reached by a Unix socket, gone with whoever started it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile, readdir } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";

/** What the Rust tests start theirs with, too. */
const SUPERVISOR = resolve(import.meta.dirname, "../../../crates/testkit/src/postgres.sh");

/** The folder of the server's programs: the first on `PATH`, or Debian's newest. */
async function findPrograms() {
  const versions = await readdir("/usr/lib/postgresql").catch(() => []);
  const debian = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`);
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), ...debian]) {
    const programs = ["initdb", "postgres", "pg_isready"].map((name) => access(join(folder, name)));
    const complete = await Promise.all(programs).then(() => true, () => false);
    if (complete) return folder;
  }
  throw new Error("PostgreSQL's initdb was not found on PATH nor in /usr/lib/postgresql");
}

/** Starts a server. Gives the address of an empty database. */
export async function startPostgres() {
  const programs = await findPrograms();
  const shell = ["sh", "-c", await readFile(SUPERVISOR, "utf8"), "sh", programs, "off"];
  // It refuses to run as root.
  const [command = "", ...words] = process.getuid?.() === 0 ? ["runuser", "-u", "nobody", "--", ...shell] : shell;
  const child = spawn(command, words, { cwd: "/", stdio: ["pipe", "pipe", "inherit"], detached: true });
  child.stdout.setEncoding("utf8");
  const [said] = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => [""])]);
  const folder = String(said).trim();
  if (folder === "") throw new Error("PostgreSQL did not start; its log is above");
  return {
    address: `postgres://signet@${encodeURIComponent(folder)}/postgres`,
    async stop() {
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}
