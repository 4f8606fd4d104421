/**
 * Writes the bytecode of the bundle and its packages into `dist/` and prints the files' names. A process of its own, so
 * that what has run in it, and so is compiled, is what a command runs.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { DIST, ROOT } from "./fresh.mjs";

const { main, commands, loadPackages, createBytecode } = createRequire(import.meta.url)(
	join(DIST, "main.cjs"),
);

// Help goes to stdout, which is for the names alone here.
const write = process.stdout.write;
process.stdout.write = (_text, ...rest) => {
	rest.at(-1)?.();
	return true;
};
for (const name of Object.keys(commands)) if (name.startsWith("secrets/")) commands[name]();
loadPackages();
await main(["secrets", "--help"], ROOT);
// What an edit runs, too, in a project of its own.
const folder = mkdtempSync(join(tmpdir(), "coffer-bytecode-"));
try {
	Object.assign(process.env, {
		COFFER_IDENTITY_FILE: join(folder, "identity"),
		XDG_STATE_HOME: join(folder, "state"),
	});
	// Whoever builds may have an identity of their own.
	delete process.env.COFFER_IDENTITY;
	process.chdir(folder);
	for (const command of ["init", "secrets set A=1", "secrets set A=2 B=3", "secrets list"])
		await main(command.split(" "), ROOT);
} finally {
	process.chdir(ROOT);
	rmSync(folder, { recursive: true, force: true });
}
process.stdout.write = write;

for (const [file, bytecode] of createBytecode()) {
	const aside = `${file}.${process.pid}.tmp`;
	writeFileSync(aside, bytecode);
	renameSync(aside, file);
	process.stdout.write(`${relative(DIST, file)}\n`);
}
