/** `npm test`: set up, build, run vitest. Arguments go to vitest. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "./ensure-built.mjs";
import { ROOT } from "./fresh.mjs";
import { ensureBase44Cli } from "./set-up/base44-cli.mjs";
import { installPackages, installSystemPackages, runAsScript } from "./setup.mjs";

await runAsScript(async () => {
	installPackages();
	installSystemPackages();
	await ensureBase44Cli();
	await ensureBuilt();
	const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
	const { signal, status } = spawnSync(process.execPath, [vitest, "run", ...process.argv.slice(2)], {
		cwd: ROOT,
		stdio: "inherit",
	});
	// Vitest prints no summary after a signal. It exits with 128 and the signal's number, if it can.
	const by = signal ?? (status !== null && status > 128 ? `signal ${status - 128}` : undefined);
	if (by !== undefined) process.stderr.write(`Vitest was ended from outside, by ${by}.\n`);
	process.exitCode = status ?? 1;
});
