/**
 * What `dist/` is made of. Start-up time is what shapes it (docs/decisions has the measurements):
 *
 * - `bundle-HASH.cjs`: all of Coffer's own code with oclif and libsodium, in one file, since each further ES
 *   module costs most of a millisecond to load. Every command is evaluated only when it is called.
 * - `vendor/libsodium-HASH.wasm`: libsodium's WebAssembly.
 * - `vendor/NAME-HASH.cjs`: large packages that few commands need, each in one file.
 * - `*-HASH-NODE.cache` beside each of these: V8's bytecode for what a start runs. Node checks it and compiles the
 *   source where it does not fit, so another version of Node is a little slower and nothing else.
 * - `commands/**.cjs`: one line for each command, where oclif looks for it.
 * - `main.cjs`: loads the bundle, which loads the packages through it.
 * - `analysis.cjs`: what runs in the platform's thread that searches functions for secrets.
 * - `compute.cjs`: what runs in the platform's thread that hashes and parses JSON.
 * - `check.cjs`: what runs in the platform's processes that parse uploaded sources.
 * - `egress.cjs`: the proxy through which functions reach the network.
 */
import { ROOT } from "./fresh.mjs";
import { hashOf, readSodium, slimOclif, slimSodium, slimZod, usedOfZod } from "./trimmed.mjs";

/** Native binaries, loaded from node_modules. */
const NATIVE = ["esbuild", "keytar", "libsql", "oxc-parser"];

/** Never loaded by what is bundled. */
const EXTERNAL = ["typescript"];

/** Packages with a file of their own. */
const VENDORED = [
	"@clack/prompts",
	"@hono/node-server",
	"chokidar",
	"hono",
	"libsodium-wrappers-sumo",
	"picomatch",
	"pino",
	"prom-client",
	"semver",
	"undici",
	"yaml",
	"zod",
];

function exactly(names) {
	return new RegExp(`^(${names.map((name) => name.replaceAll("/", "\\/")).join("|")})$`);
}

/** Leaves the vendored packages to the loader, and packages with native code to `require`. */
const vendored = {
	name: "vendored",
	setup(build) {
		build.onResolve({ filter: exactly([...VENDORED, ...NATIVE]) }, ({ path, namespace }) =>
			namespace === "vendored" ? { path, external: true } : { path, namespace: "vendored" },
		);
		build.onLoad({ filter: /.*/, namespace: "vendored" }, ({ path }) => ({
			contents: `module.exports = ${NATIVE.includes(path) ? "require" : "__load"}("${path}");`,
		}));
	},
};

/** Leaves packages with native code to `require`, in a program that is loaded by no loader. */
const native = {
	name: "native",
	setup(build) {
		build.onResolve({ filter: exactly(NATIVE) }, ({ path }) => ({ path, external: true }));
	},
};

/** A script for the loader: one function, so that nothing has to be put around it at each start. */
function wrapped(code) {
	return `(function (exports, require, module, __filename, __dirname, __import, __load) {${code}\n})`;
}

/** A file's name without its end: with what is in it, since V8 tells a source from another by its length alone. */
function hashed(name, code) {
	return `${name}-${hashOf(code)}`;
}

const OPTIONS = {
	absWorkingDir: ROOT,
	bundle: true,
	format: "cjs",
	platform: "node",
	target: "node20.19",
	external: EXTERNAL,
	// Node's CommonJS has no import.meta; the banner says what it would hold.
	define: { "import.meta.url": "__url" },
	banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
	minifySyntax: true,
	minifyWhitespace: true,
	legalComments: "none",
	logLevel: "silent",
	write: false,
};

/**
 * The code with every other character as an escape. esbuild writes strings so, and leaves regular expressions as they
 * are, which the loader would read as other ones.
 */
function asAscii(code) {
	return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The code of a program: its `main` module, and a function for each command that evaluates and returns its class. */
async function bundleCode(esbuild, main, commands, sodium) {
	const classes = Object.entries(commands).map(
		([name, file]) => `${JSON.stringify(name)}: () => require(${JSON.stringify(file)}).default,`,
	);
	const contents = `export * from ${JSON.stringify(main)};\nexport const commands = {\n${classes.join("\n")}\n};\n`;
	const { outputFiles } = await esbuild.build({
		...OPTIONS,
		stdin: { contents, resolveDir: ROOT, loader: "ts" },
		plugins: [slimOclif, slimSodium(sodium), vendored],
	});
	return wrapped(asAscii(outputFiles[0].text));
}

/** A program with a file of its own. */
async function bundleProgram(esbuild, entry, sodium) {
	const options = { ...OPTIONS, entryPoints: [entry], plugins: [slimSodium(sodium), native] };
	const { outputFiles } = await esbuild.build(options);
	return asAscii(outputFiles[0].text);
}

async function bundlePackages(esbuild) {
	const taken = new Map([["zod", await usedOfZod()]]);
	const files = VENDORED.map(async (name) => {
		const contents = taken.get(name) ?? `module.exports = require(${JSON.stringify(name)});`;
		const stdin = { contents, resolveDir: ROOT };
		const { outputFiles } = await esbuild.build({ ...OPTIONS, stdin, plugins: [slimZod] });
		const code = wrapped(asAscii(outputFiles[0].text));
		return { name, file: `vendor/${hashed(name.replace("@", "").replace("/", "-"), code)}`, code };
	});
	return await Promise.all(files);
}

/**
 * `main.cjs`: the bundle's exports, from bytecode where there is any that fits.
 * @param file the bundle's, without its end
 * @param packages name → file without its end
 */
function loader(file, packages) {
	return `"use strict";
const { readFileSync } = require("node:fs");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

const packages = ${JSON.stringify(packages, undefined, "\t")};
/** What was loaded: its exports, and the script. */
const loaded = new Map();

function readBytecode(file) {
	try {
		return readFileSync(file);
	} catch {
		return undefined;
	}
}

function load(file) {
	const known = loaded.get(file);
	if (known !== undefined) return known.module.exports;
	const filename = \`\${__dirname}/\${file}.cjs\`;
	const bytecodeFile = \`\${__dirname}/\${file}-\${process.version}-\${process.arch}.cache\`;
	// All of it is plain ASCII, which V8 takes as it is.
	const source = readFileSync(filename, "latin1");
	const script = new Script(source, { filename, cachedData: readBytecode(bytecodeFile) });
	const module = { exports: {} };
	loaded.set(file, { module, script, bytecodeFile });
	const importing = (specifier) => import(specifier);
	const run = script.runInThisContext();
	run.call(module.exports, module.exports, require, module, filename, dirname(filename), importing, loadPackage);
	return module.exports;
}

function loadPackage(name) {
	return load(packages[name]);
}

/** The bytecode of everything that was loaded: files and their contents. */
function createBytecode() {
	return [...loaded.values()].map(({ script, bytecodeFile }) => [bytecodeFile, script.createCachedData()]);
}

const loadPackages = () => Object.keys(packages).forEach(loadPackage);
module.exports = { ...load(${JSON.stringify(file)}), loadPackages, createBytecode };
`;
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
 * @param programs name (`analysis.cjs`) → source file, of what runs by itself
 * @returns path inside the output folder → contents, in the order in which to write: no file names a later one
 */
export async function bundle(main, commands, programs = {}) {
	const esbuild = await import("esbuild");
	const sodium = await readSodium();
	const [code, packages, ...others] = await Promise.all([
		bundleCode(esbuild, main, commands, sodium),
		bundlePackages(esbuild),
		...Object.values(programs).map((entry) => bundleProgram(esbuild, entry, sodium)),
	]);
	const name = hashed("bundle", code);
	const files = Object.fromEntries(packages.map((each) => [each.name, each.file]));
	return new Map([
		...packages.map((each) => [`${each.file}.cjs`, each.code]),
		[sodium.file, sodium.bytes],
		...Object.keys(programs).map((program, index) => [program, others[index]]),
		[`${name}.cjs`, code],
		["main.cjs", loader(name, files)],
		...Object.keys(commands).map((command) => [`commands/${command}.cjs`, stub(command)]),
	]);
}
