/**
 * The contents of `dist/`, which are chosen for a short start-up time (docs/decisions has the measurements):
 *
 * - `bundle-HASH.cjs`: all of Coffer's own code with libsodium, in one file, since each further module costs up to a
 *   millisecond to load. Every command is evaluated only when it is called.
 * - `everyday-HASH.cjs`: the same for the commands that are started most (`everyday.mjs`). `everyday.cjs` loads it.
 * - `vendor/libsodium-HASH.wasm`: libsodium's WebAssembly.
 * - `vendor/NAME-HASH.cjs`: large packages that few commands need, each in one file, and oclif.
 * - `commands/**.cjs`: one line for each command, where oclif looks for it.
 * - `main.cjs`: loads the bundle, which loads the packages when they are first used.
 * - `analysis.cjs`: runs in the platform's thread that searches functions for secrets.
 * - `compute.cjs`: runs in the platform's thread that hashes and parses JSON.
 * - `check.cjs`: runs in the platform's processes that parse uploaded sources.
 * - `egress.cjs`: the proxy through which functions reach the network.
 * - `host/**`: what Deno runs (`host.mjs`).
 * - `console/**`: the web console, which browsers run (`console.mjs`).
 *
 * `bin/compile-cache.js` keeps the compiled code between starts.
 */

import { ROOT } from "../fresh.mjs";
import { bundleConsole } from "./console.mjs";
import { everydayLoader, everydayOf, withoutOclif } from "./everyday.mjs";
import { bundleHost } from "./host.mjs";
import { licensesOf } from "./licenses.mjs";
import { bundlePackages, native, vendored } from "./packages.mjs";
import { built, hashed } from "./pass.mjs";
import { readSodium, requirePinned, slimOclif, slimSodium } from "./trimmed.mjs";

/**
 * The code of a program: its `main` module, and a function for each command that evaluates and returns its class.
 * @param commands name (`secrets/set`) → source file, or undefined for a command that this program does not have
 */
async function bundleCode(esbuild, main, commands, plugins) {
	const classes = Object.entries(commands).map(([name, file]) => {
		const load = file === undefined ? "undefined" : `() => require(${JSON.stringify(file)}).default`;
		return `${JSON.stringify(name)}: ${load},`;
	});
	const contents = `export * from ${JSON.stringify(main)};\nexport const commands = {\n${classes.join("\n")}\n};\n`;
	return await built(esbuild, { stdin: { contents, resolveDir: ROOT, loader: "ts" }, plugins });
}

/** A program with its own file. */
async function bundleProgram(esbuild, entry, sodium) {
	return await built(esbuild, { entryPoints: [entry], plugins: [slimSodium(sodium), native] });
}

/** `commands/secrets/set.cjs`: where oclif looks for a command. */
function stub(name) {
	const up = "../".repeat(name.split("/").length);
	return `"use strict";\nmodule.exports = require("${up}main.cjs").commands[${JSON.stringify(name)}]();\n`;
}

/**
 * Bundles a program, without writing anything.
 * @param main the module that exports `main`
 * @param commands name (`secrets/set`) → source file
 * @param programs name (`analysis.cjs`) → source file, of the separate programs
 * @returns path inside the output folder → contents, in the order in which to write them: no file refers to a
 * later one
 */
export async function bundle(main, commands, programs = {}) {
	requirePinned();
	const esbuild = await import("esbuild");
	const sodium = await readSodium();
	const packages = await bundlePackages(esbuild);
	const files = Object.fromEntries(packages.map(({ name, file }) => [name, file]));
	const plugins = [slimOclif, slimSodium(sodium), vendored(files)];
	const everydayCommands = everydayOf(commands);
	const [host, web, whole, everyday, ...others] = await Promise.all([
		bundleHost(esbuild),
		bundleConsole(esbuild),
		bundleCode(esbuild, main, commands, plugins),
		bundleCode(esbuild, main, everydayCommands, [withoutOclif, ...plugins]),
		...Object.values(programs).map((entry) => bundleProgram(esbuild, entry, sodium)),
	]);
	const name = hashed("bundle", whole.code);
	const everydayName = hashed("everyday", everyday.code);
	const inputs = [whole, web, ...packages, ...others].flatMap((each) => each.inputs);
	return new Map([
		...packages.map((each) => [each.file, each.code]),
		[sodium.file, sodium.bytes],
		...Object.keys(programs).map((program, index) => [program, others[index].code]),
		...host,
		...web.files,
		[name, whole.code],
		[everydayName, everyday.code],
		["everyday.cjs", everydayLoader(everydayName, everydayCommands)],
		["main.cjs", `"use strict";\nmodule.exports = require("./${name}");\n`],
		...Object.keys(commands).map((command) => [`commands/${command}.cjs`, stub(command)]),
		["THIRD-PARTY-LICENSES.txt", licensesOf(inputs)],
	]);
}
