/** `npm run vectors`: writes test/vectors/kit anew from the cases in test/vectors/cases. */
import { join } from "node:path";
import { eachProgram } from "./compile.mjs";
import { ROOT } from "./fresh.mjs";
import { installPackages, runAsScript } from "./setup.mjs";

await runAsScript(async () => {
	installPackages();
	const programs = { folder: "test/vectors", suffix: ".program.ts", parts: [] };
	await eachProgram(programs, ({ generate }) => {
		console.log(`${generate(join(ROOT, "test/vectors/kit"))} vectors`);
	});
});
