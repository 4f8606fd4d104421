/** `npm test`: set up, build, run vitest. Arguments go to vitest. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBase44Cli } from "./base44-cli.mjs";
import { ensureBuilt } from "./ensure-built.mjs";
import { ROOT } from "./fresh.mjs";
import { installPackages, installSystemPackages, runAsScript } from "./setup.mjs";

await runAsScript(async () => {
	installPackages();
	installSystemPackages();
	await ensureBase44Cli();
	await ensureBuilt();
	const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
	const { status } = spawnSync(process.execPath, [vitest, "run", ...process.argv.slice(2)], {
		cwd: ROOT,
		stdio: "inherit",
	});
	process.exitCode = status ?? 1;
});
