/** Keys made and used by the real `openssl`, in a folder of their own. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { BINARY } from "./platform.mjs";

const run = promisify(execFile);

export class Keyring {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  static async make() {
    return new Keyring(await mkdtemp(join(tmpdir(), "signet-keys-")));
  }

  /**
   * Runs lines of shell where the keys are, and gives what they print. `signet` is the program under test.
   * @param {string} command
   */
  async shell(command) {
    const env = { ...process.env, PATH: `${dirname(BINARY)}${delimiter}${process.env["PATH"] ?? ""}` };
    return (await run("sh", ["-ec", command], { cwd: this.folder, env })).stdout;
  }

  /** Makes an RSA pair: `privateKey.pem` and `publicKey.pem`, in place of one that is there. */
  async makePair() {
    await this.shell(`
      openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out privateKey.pem 2>/dev/null
      openssl pkey -in privateKey.pem -pubout -out publicKey.pem`);
  }

  /** @param {string} name of the file */
  path(name) {
    return join(this.folder, name);
  }

  /** @param {string} name of the file */
  read(name) {
    return readFile(this.path(name), "utf8");
  }

  async dispose() {
    await rm(this.folder, { recursive: true, force: true });
  }
}
