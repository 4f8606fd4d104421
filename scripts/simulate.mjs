/**
 * `npm run simulate -- [--seed N] [--apps N] …`: simulates many apps on cells of nodes, and prints tables of
 * Markdown: what limits a cell, how many cells and nodes all apps need, and latencies. The same flags print the same
 * text. docs/scale.md explains it. bench/simulation/assumptions.ts lists the flags.
 */
import { eachProgram } from "./compile.mjs";
import { installPackages, runAsScript } from "./setup.mjs";

await runAsScript(async () => {
	installPackages();
	const programs = { folder: "bench/simulation", suffix: ".program.ts", parts: [] };
	await eachProgram(programs, ({ simulate }) => simulate(process.argv.slice(2), console.log));
});
