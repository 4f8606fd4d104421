import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Brings `dist/` up to date before any test starts the command line. */
export default function setup(): void {
	const script = fileURLToPath(new URL("../../scripts/build.mjs", import.meta.url));
	execFileSync(process.execPath, [script], { stdio: ["ignore", "inherit", "inherit"] });
}
