/** The packages that are not part of a bundle: those with a file of their own in `dist/vendor/`, and those with native code. */
import { ROOT } from "../fresh.mjs";
import { built, hashed } from "./pass.mjs";
import { slimOclif, usedOfZod } from "./trimmed.mjs";

/**
 * Packages with native binaries, which are loaded from node_modules. The keychain's own code reports a
 * missing keytar.
 */
const OPTIONAL = ["esbuild", "libsql", "oxc-parser"];
const NATIVE = [...OPTIONAL, "keytar"];

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

/** The parts of oclif that are loaded for help, the version and faulty command lines. They share one file. */
const OCLIF = ["config", "help", "parser", "run", "settings"];

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

/** The code of a module that loads a package's file. @param files a name in `VENDORED`, or `oclif` → its file in `dist/` */
function vendoredModule(name, files) {
	const part = /^@oclif\/core\/(\w+)$/.exec(name)?.[1];
	const loading = (file) => `module.exports = require(${JSON.stringify(`./${file}`)})`;
	return part === undefined ? `${loading(files[name])};` : `${loading(files.oclif)}.${part};`;
}

/**
 * Loads the vendored packages from their files, and those with native code from node_modules, when they are first used.
 * @param files as of `vendoredModule`
 */
export const vendored = (files) => ({
	name: "vendored",
	setup(build) {
		const names = [...VENDORED, ...NATIVE, ...OCLIF.map((part) => `@oclif/core/${part}`)];
		build.onResolve({ filter: exactly(names) }, ({ path, namespace }) =>
			namespace === "vendored" ? { path, external: true } : { path, namespace: "vendored" },
		);
		build.onResolve({ filter: /^\.\/vendor\// }, ({ path }) => ({ path, external: true }));
		build.onLoad({ filter: /.*/, namespace: "vendored" }, ({ path }) => ({
			contents: NATIVE.includes(path) ? nativeModule(path) : vendoredModule(path, files),
			resolveDir: ROOT,
		}));
	},
});

/** Leaves packages with native code to `require`, in a program that is started directly. */
export const native = {
	name: "native",
	setup(build) {
		build.onResolve({ filter: exactly(NATIVE) }, ({ path }) => ({ path, external: true }));
	},
};

/** Makes the files of `dist/vendor/`. @returns of each its name, path in `dist/`, code and input files */
export async function bundlePackages(esbuild) {
	const whole = (name) => `module.exports = require(${JSON.stringify(name)})`;
	const parts = OCLIF.map((part) => `exports.${part} = require("@oclif/core/${part}");`);
	const contents = new Map([
		...VENDORED.map((name) => [name, `${whole(name)}${DEFAULT_EXPORTS.includes(name) ? ".default" : ""};`]),
		["zod", await usedOfZod()],
		["oclif", parts.join("\n")],
	]);
	const files = [...contents].map(async ([name, text]) => {
		const stdin = { contents: text, resolveDir: ROOT };
		const minifySyntax = !MINIFIED.includes(name);
		const plugins = name === "oclif" ? [slimOclif] : [];
		const { code, inputs } = await built(esbuild, { stdin, minifySyntax, plugins });
		const file = `vendor/${hashed(name.replace("@", "").replace("/", "-"), code)}`;
		return { name, file, code, inputs };
	});
	return await Promise.all(files);
}
