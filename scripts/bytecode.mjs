/**
 * Writes the bundle's bytecode into `dist/` and prints the file's name. A process of its own, so that what has run
 * in it, and so is compiled, is what a command runs.
 */
import { renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { DIST, ROOT } from "./fresh.mjs";

const { main, commands, bytecodeFile, createBytecode } = createRequire(import.meta.url)(
	join(DIST, "main.cjs"),
);

// Help goes to stdout, which is for the name alone here.
const write = process.stdout.write;
process.stdout.write = (_text, ...rest) => {
	rest.at(-1)?.();
	return true;
};
for (const name of Object.keys(commands)) if (name.startsWith("secrets/")) commands[name]();
await main(["secrets", "--help"], ROOT);
process.stdout.write = write;

const aside = `${bytecodeFile}.${process.pid}.tmp`;
writeFileSync(aside, createBytecode());
renameSync(aside, bytecodeFile);
process.stdout.write(`${basename(bytecodeFile)}\n`);
