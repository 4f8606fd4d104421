/** Resolves an import of a local module. */
import { isBuiltin } from "node:module";
import type { ImportKind } from "../modules/packages/exports.ts";
import { resolveImport } from "../modules/packages/resolve-import.ts";
import { isStdHttp } from "../platform/build/imports.ts";
import { isFile, type Setting } from "./disk.ts";

export type Target =
	/** `guess`: the file that is probably meant, because the specifier is not exact, as Deno requires. */
	| { kind: "file"; path: string; guess: boolean }
	/** A module of the runtime: `node:fs`, `base44:runtime`. */
	| { kind: "runtime"; specifier: string }
	/** An `npm:` or `jsr:` specifier with the version from the lock file, or a URL. */
	| { kind: "remote"; specifier: string }
	/** std's old `http/server.ts`, which the platform replaces. */
	| { kind: "std http" }
	| { kind: "nothing"; why: string };

/** The parts of a package's specifier: scheme, name, version, and the rest. */
const PACKAGE = /^(npm|jsr):\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(\/.*)?$/;
/** Modules of the runtime, besides Node's. */
const RUNTIME = new Set(["base44:runtime"]);
const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];
/** Extensions of JavaScript, with those of the TypeScript that compiles to it. */
const COMPILED: Readonly<Record<string, readonly string[]>> = {
	".js": [".ts", ".tsx"],
	".jsx": [".tsx"],
	".mjs": [".mts"],
	".cjs": [".cts"],
};

/**
 * The target of an import.
 * @param referrer path of the importing module
 * @param setting the configuration of the entry
 * @param manner whether it is imported or required
 */
export function targetOf(
	specifier: string,
	referrer: string,
	{ configuration, locked, top }: Setting,
	manner: ImportKind,
): Target {
	const { resolution: found } = resolveImport(configuration, specifier, referrer, manner);
	switch (found.kind) {
		case "local fault":
			// Paths are relative to the project, as in the messages of a deployment.
			return { kind: "nothing", why: found.fault.why.replaceAll(`${top}/`, "") };
		case "local":
			return fileOf(found.path);
		case "package":
			if (isBuiltin(found.specifier) || found.specifier.startsWith("node:"))
				return { kind: "runtime", specifier: found.specifier };
			return { kind: "remote", specifier: withVersion(found.specifier, locked) };
		case "remote":
			return isStdHttp(found.url) ? { kind: "std http" } : { kind: "remote", specifier: found.url.href };
		case "other":
			return RUNTIME.has(found.specifier)
				? { kind: "runtime", specifier: found.specifier }
				: { kind: "nothing", why: "the platform does not provide such a module" };
		case "refused":
			return { kind: "nothing", why: found.why };
		case "outside":
			return { kind: "nothing", why: "it is not a relative path" };
		case "unmapped":
			return { kind: "nothing", why: "no import map contains this name" };
	}
}

/** A package's requirement and the rest: `npm:chalk@5/x` → `npm:chalk@5`, `/x`. */
export function splitPackage(specifier: string): { requirement: string; path: string } | undefined {
	const [, scheme, name, version, path = ""] = PACKAGE.exec(specifier) ?? [];
	if (scheme === undefined || name === undefined) return undefined;
	return { requirement: `${scheme}:${name}${version ? `@${version}` : ""}`, path: path === "/" ? "" : path };
}

function withVersion(specifier: string, locked: Setting["locked"]): string {
	const parts = splitPackage(specifier);
	if (parts === undefined) return specifier;
	const { requirement, path } = parts;
	const hasVersion = requirement.lastIndexOf("@") > requirement.indexOf(":") + 1;
	const version = locked.get(hasVersion ? requirement : `${requirement}@*`)?.replace(/_.*$/, "");
	if (version === undefined) return requirement + path;
	const name = hasVersion ? requirement.slice(0, requirement.lastIndexOf("@")) : requirement;
	return `${name}@${version}${path}`;
}

function fileOf(path: string): Target {
	if (isFile(path)) return { kind: "file", path, guess: false };
	const guess = guesses(path).find(isFile);
	return guess === undefined
		? { kind: "nothing", why: "the file does not exist" }
		: { kind: "file", path: guess, guess: true };
}

function guesses(path: string): string[] {
	const folder = path.replace(/\/$/, "");
	const extension = /\.[cm]?jsx?$/.exec(path)?.[0] ?? "";
	const stem = path.slice(0, path.length - extension.length);
	return [
		...(COMPILED[extension] ?? []).map((other) => stem + other),
		...EXTENSIONS.map((other) => folder + other),
		...EXTENSIONS.map((other) => `${folder}/index${other}`),
		`${folder}/mod.ts`,
	];
}
