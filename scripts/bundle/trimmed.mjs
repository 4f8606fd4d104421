/**
 * Parts of packages that the bundle leaves out or changes, because otherwise each start of the command line
 * would load them.
 *
 * The changed packages are pinned to one version. The build fails if another version is installed, or if an
 * expression does not occur exactly once. So whoever updates a package must check each change again.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../fresh.mjs";

/** Names a file by its contents. */
export function hashOf(contents) {
	return createHash("sha256").update(contents).digest("hex").slice(0, 12);
}

/** The packages that are changed, with the version that the changes were made for. package.json has the same. */
export const PINNED = { "@oclif/core": "4.14.0", libsodium: "0.8.4" };

/** @throws Error if another version of a changed package is installed */
export function requirePinned(versionOf = installedVersion) {
	for (const [name, pinned] of Object.entries(PINNED)) {
		const version = versionOf(name);
		if (version === pinned) continue;
		throw new Error(
			`${name} ${version} is installed, and scripts/bundle/trimmed.mjs changes ${name} ${pinned}: ` +
				"see that each change still fits, then write the new version there and in package.json.",
		);
	}
}

function installedVersion(name) {
	return JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;
}

/**
 * Replaces an expression in a text.
 * @param path of the file, for the error
 * @throws Error if the expression does not occur exactly once
 */
export function replaceOnce(source, from, to, path) {
	const parts = source.split(from);
	if (parts.length === 2) return parts.join(to);
	throw new Error(
		`${path} has ${from} ${parts.length - 1} times, and scripts/bundle/trimmed.mjs replaces it once.`,
	);
}

/**
 * Modules that oclif loads at each start (15 ms) and needs only to list commands without a manifest, for
 * animations, to match the names of plugins, or for its debug log.
 */
const REPLACED = new Map([
	["tinyglobby", "module.exports = {};"],
	["cli-spinners", 'exports.dots2 = exports.line = { frames: ["-"] };'],
	["debug", "module.exports = () => Object.assign(() => {}, { enabled: false });"],
	["minimatch", "exports.minimatch = (name, pattern) => name === pattern;"],
]);

/**
 * A module that exports only the used parts of zod, which loads in half the time: every name after `z.`
 * anywhere in `src/`. Sources import `* as z`. With the export `z`, esbuild would have to keep all of zod, with its
 * messages in about fifty languages.
 */
export async function usedOfZod() {
	const zod = await import("zod");
	const sources = readdirSync(join(ROOT, "src"), { recursive: true }).filter((name) => /\.tsx?$/.test(name));
	const words = sources.flatMap((name) => [
		...readFileSync(join(ROOT, "src", name), "utf8").matchAll(/\bz\.(\w+)/g),
	]);
	const names = [...new Set(words.map(([, name]) => name))].filter((name) => name in zod).sort();
	return `export { ${names.join(", ")} } from "zod";\n`;
}

/** Single expressions of a package. */
const CHANGED = [
	// Locale rules for sorting take 15 ms to load, and names of commands are plain ASCII.
	{
		file: /@oclif\/core\/lib\/config\/plugin\.js$/,
		from: "a.id.localeCompare(b.id)",
		to: "(a.id < b.id ? -1 : 1)",
	},
];

/**
 * Decodes libsodium's WebAssembly. As text it is a fifth of the bundle, and decoding it takes 12 ms of each
 * start. @returns the file for the bytes, and libsodium's source changed to read it
 */
export async function readSodium() {
	const path = join(ROOT, "node_modules/libsodium/dist/modules-esm/libsodium.mjs");
	const source = readFileSync(path, "utf8");
	// The code that decodes it: an arrow function that is called with the text only.
	const [call, base64] =
		/\([A-Za-z$_]+=>\{for\([^{}]*\}?[^{}]*\}\)\("(AGFzb[A-Za-z0-9+/]*={0,2})"\)/.exec(source) ?? [];
	if (base64 === undefined)
		throw new Error(`${path} has no WebAssembly where scripts/bundle/trimmed.mjs takes it out.`);
	// The only strict decoder in this version of Node.
	const decoded = await fetch(`data:application/wasm;base64,${base64}`);
	const bytes = Buffer.from(await decoded.arrayBuffer());
	const file = `vendor/libsodium-${hashOf(bytes)}.wasm`;
	const reading = `require("node:fs").readFileSync(__dirname + ${JSON.stringify(`/${file}`)})`;
	return { path, file, bytes, source: replaceOnce(source, call, reading, path) };
}

/** Reduces oclif to the parts that run in a bundle. */
export const slimOclif = {
	name: "slim-oclif",
	setup(build) {
		build.onResolve({ filter: /^@oclif\/core$/ }, () => ({ path: join(ROOT, "scripts/bundle/oclif.mjs") }));
		build.onResolve({ filter: new RegExp(`^(${[...REPLACED.keys()].join("|")})$`) }, ({ path }) => ({
			path,
			namespace: "replaced",
		}));
		build.onLoad({ filter: /.*/, namespace: "replaced" }, ({ path }) => ({ contents: REPLACED.get(path) }));
		for (const { file, from, to } of CHANGED)
			build.onLoad({ filter: file }, ({ path }) => ({
				contents: replaceOnce(readFileSync(path, "utf8"), from, to, path),
			}));
	},
};

/** Makes libsodium read its WebAssembly from a separate file. */
export const slimSodium = ({ path, source }) => ({
	name: "slim-sodium",
	setup(build) {
		build.onLoad({ filter: /[\\/]libsodium\.mjs$/ }, (loaded) =>
			loaded.path === path ? { contents: source } : undefined,
		);
	},
});
