#!/usr/bin/env -S node --
// Starts the command line, and is the one place where the process ends.
// The `--` above: Node 20 takes an `--env-file` from anywhere in its arguments, and would load the file that
// `secrets set --env-file` is to read, its NODE_OPTIONS included.
// In a checkout, `dist/` is brought up to date first; an installed package has no `src/` and ships `dist/`.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

if (existsSync(new URL("../src", import.meta.url))) {
	const { ensureBuilt } = await import("../scripts/ensure-built.mjs");
	await ensureBuilt().catch((error) => {
		process.stderr.write(`${error.message}\n`);
		process.exit(1);
	});
}
const { main, releaseKeychain } = createRequire(import.meta.url)("../dist/main.cjs");
const status = await main(process.argv.slice(2), root);
// A keychain that hangs holds a thread, and Node waits for its threads; where it cannot be let go, only a signal helps.
if (!(await releaseKeychain())) process.kill(process.pid, "SIGKILL");
process.exit(status);
