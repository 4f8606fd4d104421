/**
 * Finds the files of packages that a bundle reads when it runs: fonts, data, WebAssembly. They come from the package
 * cache. Like the files of the project, they are found by the expressions that make their paths.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { Evaluator } from "../../modules/files/evaluate.ts";
import { type FileRequest, piecesOf } from "../../modules/files/file-requests.ts";
import { pathUses } from "../../modules/files/path-uses.ts";
import { matchesPieces } from "../../modules/files/pieces.ts";
import { HOLE } from "../../modules/files/values.ts";
import { isCode } from "../../modules/paths.ts";
import type { PlacedBundle } from "./module-places.ts";

/** The location of a package's module, with the package's name and version. */
const PACKAGE = /^\.npm\/((?:@[^/]+\/)?[^/@]+)@([^/]+)\//;
const FILES_MAX = 1_000;
const BYTES_MAX = 20 * 1024 * 1024;
/** Files that no program reads. */
const TEXTS = /\.(md|map|markdown|flow)$|(^|\/)(license|changelog|readme)[^/]*$|\.d\.[cm]?ts$/i;

/** @param cache the path of the package cache @returns path below the folder of files → content, sorted */
export function packageFiles(bundle: PlacedBundle, cache: string): [path: string, content: Uint8Array][] {
	const { placeOf, scopes } = bundle;
	const evaluator = new Evaluator(scopes, placeOf);
	const packages = new PackageFolders(cache);
	const found = new Set<string>();
	for (const node of pathUses(scopes)) {
		const module = placeOf(node);
		if (!PACKAGE.test(module)) continue;
		for (const value of evaluator.evaluate(node)) {
			if (value.text === HOLE) continue;
			const pieces = piecesOf(value, module);
			if (pieces === "none" || pieces === undefined) continue;
			for (const path of packages.matching(pieces, module)) found.add(path);
		}
	}
	return packages.read([...found].sort());
}

class PackageFolders {
	readonly #cache: string;
	readonly #listed = new Map<string, readonly string[]>();

	constructor(cache: string) {
		this.#cache = cache;
	}

	/** The files of a module's own package that match a path. */
	matching(pieces: NonNullable<FileRequest["pieces"]>, module: string): readonly string[] {
		const [root] = PACKAGE.exec(module) ?? [""];
		const [first = "", ...rest] = pieces;
		const files = this.#filesOf(root);
		if (rest.length === 0) {
			const isOwnFolder = module.startsWith(`${first}/`);
			return files.filter((path) => path === first || (!isOwnFolder && path.startsWith(`${first}/`)));
		}
		const isNamed = rest.some((piece) => piece !== undefined && /[^/]/.test(piece));
		const matches = files.filter((path) => matchesPieces(path, pieces));
		return isNamed ? matches : matches.filter((path) => !isCode(path) && !TEXTS.test(path));
	}

	/** Reads files until they have too many bytes. */
	read(paths: readonly string[]): [string, Uint8Array][] {
		let bytes = 0;
		return paths.slice(0, FILES_MAX).flatMap((path): [string, Uint8Array][] => {
			const [root] = PACKAGE.exec(path) ?? [""];
			const file = join(this.#folderOf(root) ?? "", path.slice(root.length));
			bytes += statSync(file).size;
			return bytes > BYTES_MAX ? [] : [[path, new Uint8Array(readFileSync(file))]];
		});
	}

	#filesOf(root: string): readonly string[] {
		const known = this.#listed.get(root);
		if (known !== undefined) return known;
		const folder = this.#folderOf(root);
		const files = folder === undefined ? [] : filesBelow(folder).map((path) => root + path);
		this.#listed.set(root, files);
		return files;
	}

	/** The folder of a package in the cache. Each registry has its own folder there. */
	#folderOf(root: string): string | undefined {
		const [, name = "", version = ""] = PACKAGE.exec(root) ?? [];
		const registries = join(this.#cache, "npm");
		if (!existsSync(registries)) return undefined;
		const folder = readdirSync(registries)
			.map((registry) => join(registries, registry, name, version))
			.find((path) => existsSync(path));
		const isInside = folder !== undefined && realpathSync(folder).startsWith(realpathSync(registries) + sep);
		return isInside ? realpathSync(folder) : undefined;
	}
}

/** The paths of all regular files, without those that a link leads to. */
function filesBelow(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
