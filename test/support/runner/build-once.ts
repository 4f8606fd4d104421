import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { install } from "../../../scripts/set-up/installed.mjs";

/**
 * Brings `dist/` up to date and installs it, before any test starts the command line. If the sources do not
 * build, tests of modules can still run, and tests that start the command line fail.
 */
export default function setup(): void {
	const script = fileURLToPath(new URL("../../../scripts/build.mjs", import.meta.url));
	const { status } = spawnSync(process.execPath, [script], { stdio: ["ignore", "inherit", "inherit"] });
	if (status === 0) install();
	else process.stderr.write("dist/ could not be built: tests that start `coffer` will fail.\n");
}
