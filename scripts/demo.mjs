/** `npm run demo`: set up, build, run the example's demonstration. Arguments go to it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "./ensure-built.mjs";
import { ROOT } from "./fresh.mjs";
import { installPackages, runAsScript } from "./setup.mjs";

await runAsScript(async () => {
	installPackages();
	await ensureBuilt();
	const demo = join(ROOT, "examples/shop/demo.mjs");
	const child = spawn(process.execPath, [demo, ...process.argv.slice(2)], { cwd: ROOT, stdio: "inherit" });
	// Ctrl-C reaches both; this process waits for the demonstration to clean up.
	for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
	process.exitCode = await new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
});
