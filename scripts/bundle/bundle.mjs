/**
 * The contents of `dist/`, which are chosen for a short start-up time (docs/decisions has the measurements):
 *
 * - `bundle-HASH.cjs`: all of Coffer's own code with oclif and libsodium, in one file, since each further module costs up to
 *   a millisecond to load. Every command is evaluated only when it is called.
 * - `vendor/libsodium-HASH.wasm`: libsodium's WebAssembly.
 * - `vendor/NAME-HASH.cjs`: large packages that few commands need, each in one file.
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
import { bundleHost } from "./host.mjs";
import { licensesOf } from "./licenses.mjs";
import { hashOf, readSodium, requirePinned, slimOclif, slimSodium, usedOfZod } from "./trimmed.mjs";

/**
 * Packages with native binaries, which are loaded from node_modules. The keychain's own code reports a
 * missing keytar.
 */
const OPTIONAL = ["esbuild", "libsql", "oxc-parser"];
const NATIVE = [...OPTIONAL, "keytar"];

/** Bundled code never loads these. (`@grpc/grpc-js` would, for services that Coffer does not use.) */
const EXTERNAL = ["typescript", "@grpc/proto-loader"];

/** Packages that get their own file. */
const VENDORED = [
	"@clack/prompts",
	"@grpc/grpc-js",
	"@hono/node-server",
	"hono",
	"libsodium-wrappers-sumo",
	"open",
	"picomatch",
	"pino",
	"prom-client",
	"semver",
	"yaml",
	"zod",
];

/**
 * Packages whose syntax is already minified. Minifying it again would take half of the build's time and save
 * nothing.
 */
const MINIFIED = ["libsodium-wrappers-sumo"];

/** ES modules of which Coffer uses the default export. As a CommonJS module, that export is the module. */
const DEFAULT_EXPORTS = ["open"];

function exactly(names) {
	return new RegExp(`^(${names.map((name) => name.replaceAll("/", "\\/")).join("|")})$`);
}

/**
 * The code of a module that loads a package with native code, and throws an error with its name if it is
 * missing.
 */
function nativeModule(name) {
	const loading = `require(${JSON.stringify(name)})`;
	if (!OPTIONAL.includes(name)) return `module.exports = ${loading};`;
	return `const { loadOptionalPackage } = require("./src/optional-package.ts");
		module.exports = loadOptionalPackage(${JSON.stringify(name)}, () => ${loading});`;
}

/**
 * Loads the vendored packages from their files, and those with native code from node_modules, when they are first used.
 * @param files a vendored package's name → its file in `dist/`
 */
const vendored = (files) => ({
	name: "vendored",
	setup(build) {
		build.onResolve({ filter: exactly([...VENDORED, ...NATIVE]) }, ({ path, namespace }) =>
			namespace === "vendored" ? { path, external: true } : { path, namespace: "vendored" },
		);
		build.onResolve({ filter: /^\.\/vendor\// }, ({ path }) => ({ path, external: true }));
		build.onLoad({ filter: /.*/, namespace: "vendored" }, ({ path }) => ({
			contents: NATIVE.includes(path)
				? nativeModule(path)
				: `module.exports = require(${JSON.stringify(`./${files[path]}`)});`,
			resolveDir: ROOT,
		}));
	},
});

/** Leaves packages with native code to `require`, in a program that is started directly. */
const native = {
	name: "native",
	setup(build) {
		build.onResolve({ filter: exactly(NATIVE) }, ({ path }) => ({ path, external: true }));
	},
};

/**
 * A file's name with the hash of its contents, so that a process that starts during a build finds files that
 * match each other.
 */
function hashed(name, code) {
	return `${name}-${hashOf(code)}.cjs`;
}

const OPTIONS = {
	absWorkingDir: ROOT,
	bundle: true,
	format: "cjs",
	platform: "node",
	target: "node20.19",
	external: EXTERNAL,
	// Node's CommonJS has no import.meta. The banner defines its value.
	define: { "import.meta.url": "__url" },
	banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
	minifySyntax: true,
	minifyWhitespace: true,
	legalComments: "none",
	logLevel: "silent",
	write: false,
	metafile: true,
};

/**
 * The code with every non-ASCII character escaped, because V8 stores an ASCII text in half the memory.
 * esbuild escapes the contents of strings, but not of regular expressions.
 */
function asAscii(code) {
	return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Runs esbuild. @returns the code, and its input files */
async function built(esbuild, options) {
	const { metafile, outputFiles } = await esbuild.build({ ...OPTIONS, ...options });
	return { code: asAscii(outputFiles[0].text), inputs: Object.keys(metafile.inputs) };
}

/** The code of a program: its `main` module, and a function for each command that evaluates and returns its class. */
async function bundleCode(esbuild, main, commands, { sodium, files }) {
	const classes = Object.entries(commands).map(
		([name, file]) => `${JSON.stringify(name)}: () => require(${JSON.stringify(file)}).default,`,
	);
	const contents = `export * from ${JSON.stringify(main)};\nexport const commands = {\n${classes.join("\n")}\n};\n`;
	return await built(esbuild, {
		stdin: { contents, resolveDir: ROOT, loader: "ts" },
		plugins: [slimOclif, slimSodium(sodium), vendored(files)],
	});
}

/** A program with its own file. */
async function bundleProgram(esbuild, entry, sodium) {
	return await built(esbuild, { entryPoints: [entry], plugins: [slimSodium(sodium), native] });
}

async function bundlePackages(esbuild) {
	const taken = new Map([["zod", await usedOfZod()]]);
	const files = VENDORED.map(async (name) => {
		const used = DEFAULT_EXPORTS.includes(name) ? ".default" : "";
		const contents = taken.get(name) ?? `module.exports = require(${JSON.stringify(name)})${used};`;
		const stdin = { contents, resolveDir: ROOT };
		const minifySyntax = !MINIFIED.includes(name);
		const { code, inputs } = await built(esbuild, { stdin, minifySyntax });
		const file = `vendor/${hashed(name.replace("@", "").replace("/", "-"), code)}`;
		return { name, file, code, inputs };
	});
	return await Promise.all(files);
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
	const [host, web, whole, ...others] = await Promise.all([
		bundleHost(esbuild),
		bundleConsole(esbuild),
		bundleCode(esbuild, main, commands, { sodium, files }),
		...Object.values(programs).map((entry) => bundleProgram(esbuild, entry, sodium)),
	]);
	const name = hashed("bundle", whole.code);
	const inputs = [whole, web, ...packages, ...others].flatMap((each) => each.inputs);
	return new Map([
		...packages.map((each) => [each.file, each.code]),
		[sodium.file, sodium.bytes],
		...Object.keys(programs).map((program, index) => [program, others[index].code]),
		...host,
		...web.files,
		[name, whole.code],
		["main.cjs", `"use strict";\nmodule.exports = require("./${name}");\n`],
		...Object.keys(commands).map((command) => [`commands/${command}.cjs`, stub(command)]),
		["THIRD-PARTY-LICENSES.txt", licensesOf(inputs)],
	]);
}
