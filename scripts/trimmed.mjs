/**
 * What the bundle leaves out of packages, and takes in another form: a start of the command line loads each of them whole.
 * An expression that is replaced has to be there: the build fails where a new version of a package has it not.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./fresh.mjs";

/** Names a file by what is in it. */
export function hashOf(contents) {
	return createHash("sha256").update(contents).digest("hex").slice(0, 12);
}

/**
 * What oclif loads at each start (10 ms) and needs only to list commands without a manifest, to animate, or to
 * match the plugins' names, which are given in full here.
 */
const REPLACED = new Map([
	["tinyglobby", "module.exports = {};"],
	["cli-spinners", 'exports.dots2 = exports.line = { frames: ["-"] };'],
	["minimatch", "exports.minimatch = (name, pattern) => name === pattern;"],
]);

/** A module that exports what is used of zod: it is loaded in half the time then. Every name that stands behind `z.` anywhere in `src/`. */
export async function usedOfZod() {
	const { z } = await import("zod");
	const sources = readdirSync(join(ROOT, "src"), { recursive: true }).filter((name) => name.endsWith(".ts"));
	const words = sources.flatMap((name) => [
		...readFileSync(join(ROOT, "src", name), "utf8").matchAll(/\bz\.(\w+)/g),
	]);
	const names = [...new Set(words.map(([, name]) => name))].filter((name) => name in z).sort();
	const entries = names.map((name) => `${name}: all.${name}`);
	return `import * as all from "zod";\nexport const z = { ${entries.join(", ")} };\n`;
}

/** Leaves out zod's errors in some fifty languages; English is registered by itself. */
export const slimZod = {
	name: "slim-zod",
	setup(build) {
		build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
			contents: "export {};",
		}));
	},
};

/** Single expressions of a package. */
const CHANGED = [
	// Code that comes from bytecode cannot import by itself; the loader lends it a function.
	{ file: /@oclif\/core\/lib\/module-loader\.js$/, from: "await import(", to: "await __import(" },
	// The order of a language takes 15 ms to load, and names of commands are plain ASCII.
	{
		file: /@oclif\/core\/lib\/config\/plugin\.js$/,
		from: "a.id.localeCompare(b.id)",
		to: "(a.id < b.id ? -1 : 1)",
	},
];

/** A source with an expression in the place of another. @throws Error where a new version of the package has it not */
function changed(path, from, to) {
	const source = readFileSync(path, "utf8");
	if (!source.includes(from))
		throw new Error(`${path} has no ${from} any more: scripts/trimmed.mjs replaces it.`);
	return source.replaceAll(from, to);
}

/**
 * libsodium's WebAssembly, decoded: as text it is a fifth of the bundle, and to decode it takes 12 ms of each start.
 * @returns the file that it goes into, and libsodium's source that reads it from there
 */
export async function readSodium() {
	const path = join(ROOT, "node_modules/libsodium/dist/modules-esm/libsodium.mjs");
	const source = readFileSync(path, "utf8");
	// What decodes it: an arrow function that is called with nothing but the text.
	const [call, base64] =
		/\([A-Za-z$_]+=>\{for\([^{}]*\}?[^{}]*\}\)\("(AGFzb[A-Za-z0-9+/]*={0,2})"\)/.exec(source) ?? [];
	if (base64 === undefined)
		throw new Error(`${path} has no WebAssembly where scripts/trimmed.mjs takes it out.`);
	// Strict, as no other decoder is that this version of Node has.
	const decoded = await fetch(`data:application/wasm;base64,${base64}`);
	const bytes = Buffer.from(await decoded.arrayBuffer());
	const file = `vendor/libsodium-${hashOf(bytes)}.wasm`;
	const reading = `require("node:fs").readFileSync(__dirname + ${JSON.stringify(`/${file}`)})`;
	return { path, file, bytes, source: source.replace(call, () => reading) };
}

/** Trims oclif to what runs in a bundle. */
export const slimOclif = {
	name: "slim-oclif",
	setup(build) {
		build.onResolve({ filter: /^@oclif\/core$/ }, () => ({ path: join(ROOT, "scripts/oclif.mjs") }));
		build.onResolve({ filter: new RegExp(`^(${[...REPLACED.keys()].join("|")})$`) }, ({ path }) => ({
			path,
			namespace: "replaced",
		}));
		build.onLoad({ filter: /.*/, namespace: "replaced" }, ({ path }) => ({ contents: REPLACED.get(path) }));
		for (const { file, from, to } of CHANGED)
			build.onLoad({ filter: file }, ({ path }) => ({ contents: changed(path, from, to) }));
	},
};

/** Has libsodium read its WebAssembly from a file of its own. */
export const slimSodium = ({ path, source }) => ({
	name: "slim-sodium",
	setup(build) {
		build.onLoad({ filter: /[\\/]libsodium\.mjs$/ }, (loaded) =>
			loaded.path === path ? { contents: source } : undefined,
		);
	},
});
