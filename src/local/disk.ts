/**
 * Reads sources anywhere on this machine, and the configuration files around them.
 *
 * Paths are those of `src/modules`, with the file system's root as the root: `home/me/shop/functions/pay.ts`.
 * An import may lead to any file, as in Deno.
 */
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { readBoundedSync } from "../bounded-file.ts";
import { fromUtf8, utf8 } from "../bytes.ts";
import { AppError } from "../errors.ts";
import { type Configuration, configurationFor } from "../modules/configuration.ts";
import { type Jsonc, parseJsonc } from "../modules/jsonc.ts";
import { FILE_BYTES_MAX } from "../modules/limits.ts";
import { lockedVersions } from "../modules/lock-file.ts";
import type { ManifestPort } from "../modules/packages/manifests.ts";
import { ancestorsOf, directoryOf, join, resolvePath } from "../modules/paths.ts";
import { foldersIn, membersAbove } from "../project/functions/workspace.ts";

/** A module or file that the analysis left out. */
export interface Warning {
	file: string;
	/** 1-based. */
	line: number;
	message: string;
}

/** The configuration of an entry. Entries in one folder share it. */
export interface Setting {
	readonly configuration: Configuration;
	/** The top folder for the search of configuration files. */
	readonly top: string;
	/** Versions by requirement, `npm:chalk@5` → `5.6.2`, from the nearest `deno.lock`. */
	readonly locked: ReadonlyMap<string, string>;
	/** Warnings about configuration files. */
	readonly warnings: readonly Warning[];
}

const NOTHING: ManifestPort = { read: () => undefined, folders: () => [] };
/** Files that mark a project's top folder. Configuration above it belongs to another project. */
const TOPS = [".git", "coffer.vault", "coffer.json"];

/** The absolute path of a path. */
export function absolute(path: string): string {
	return `/${path}`;
}

/** The bytes of a file; undefined if it cannot be read. @throws AppError `FILE_TOO_LARGE` (exit 1) */
export function readSource(path: string): Uint8Array | undefined {
	try {
		return isFile(path) ? readBoundedSync(absolute(path), FILE_BYTES_MAX, { links: true }) : undefined;
	} catch (error) {
		if (error instanceof AppError) throw error;
		return undefined;
	}
}

/** Whether the file exists. */
export function isFile(path: string): boolean {
	return statSync(absolute(path), { throwIfNoEntry: false })?.isFile() === true;
}

/** Finds the configuration of entries, and reads each configuration file once. */
export class Settings {
	readonly #root: string | undefined;
	/** By the entry's folder and its import map. */
	readonly #byFolder = new Map<string, Setting>();
	/** The contents of configuration files. */
	readonly #contents = new Map<string, Uint8Array | undefined>();
	/** Workspace members outside a project, by the project's top folder. */
	readonly #outside = new Map<string, ReadonlyMap<string, string>>();

	/** @param root absolute path of the project, if all entries belong to one */
	constructor(root: string | undefined) {
		this.#root = root;
	}

	/**
	 * The configuration of an entry. An invalid configuration file is left out, with a warning.
	 * @param importMap the import map that the function's settings name, relative to the project
	 */
	of(entry: string, importMap?: string): Setting {
		const folder = directoryOf(entry);
		const key = JSON.stringify([folder, importMap]);
		let found = this.#byFolder.get(key);
		if (found === undefined) {
			const top = (this.#root ?? topAbove(absolute(folder))).slice(1);
			found = this.#read(entry, top, importMap && join(top, importMap));
			this.#byFolder.set(key, found);
		}
		return found;
	}

	#read(entry: string, top: string, importMap: string | undefined): Setting {
		const warnings: Warning[] = [];
		const warn = (file: string, message: string) => {
			if (!warnings.some((one) => one.file === file)) warnings.push({ file, line: 1, message });
		};
		const isBelow = (path: string) => top === "" || `${path}/`.startsWith(`${top}/`);
		const read = (path: string) => {
			if (!isBelow(path)) return undefined;
			if (!isConfiguration(path) && path !== importMap) return readSource(path);
			const bytes = this.#contentOf(path);
			return bytes && usable(path, bytes, warn);
		};
		const folders = (path: string) => (isBelow(path) ? foldersIn(absolute(path)) : []);
		let configuration = configurationFor(entry, NOTHING);
		try {
			configuration = configurationFor(
				entry,
				{ read, folders },
				{ importMap, outside: this.#outsideOf(top) },
			);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			warn(entry, error.message.replace(/\.$/, ""));
		}
		const lock = ancestorsOf(entry)
			.map((folder) => join(folder, "deno.lock"))
			.findLast((path) => isBelow(path) && isFile(path));
		return {
			configuration,
			top,
			locked: lockedVersions((lock === undefined ? undefined : readSource(lock)) ?? new Uint8Array()),
			warnings,
		};
	}

	#contentOf(path: string): Uint8Array | undefined {
		if (!this.#contents.has(path)) this.#contents.set(path, readSource(path));
		return this.#contents.get(path);
	}

	#outsideOf(top: string): ReadonlyMap<string, string> {
		const found = this.#outside.get(top) ?? membersAbove(absolute(top));
		this.#outside.set(top, found);
		return found;
	}
}

/** Whether a file of this name configures imports. */
function isConfiguration(path: string): boolean {
	return /(^|\/)(package\.json|deno\.jsonc?|import_map\.json|pnpm-workspace\.yaml)$/.test(path);
}

function topAbove(folder: string): string {
	if (TOPS.some((name) => existsSync(`${folder}/${name}`))) return folder;
	const parent = dirname(folder);
	return parent === folder ? folder : topAbove(parent);
}

/** The valid part of a configuration file. */
function usable(
	path: string,
	bytes: Uint8Array,
	warn: (file: string, message: string) => void,
): Uint8Array | undefined {
	if (path.endsWith(".yaml")) return bytes;
	const value = parseJsonc(fromUtf8(bytes) ?? "\0");
	if (!(value instanceof Map)) {
		warn(path, "is not a JSON object and is left out");
		return undefined;
	}
	const linked = (value as ReadonlyMap<string, Jsonc>).get("importMap");
	if (!/deno\.jsonc?$/.test(path) || typeof linked !== "string" || value.has("imports")) return bytes;
	const target = /^([a-z]+:|\/)/i.test(linked) ? undefined : resolvePath(directoryOf(path), linked);
	if (target !== undefined && isFile(target)) return bytes;
	warn(path, "has an importMap that does not exist in the project");
	return utf8("{}");
}
