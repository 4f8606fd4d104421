/** Reads the functions of a project from disk, and finds the changes since the last read. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import type { FileWarning } from "../../modules/files/wanted-files.ts";
import { SETTINGS_FILE } from "../../modules/function-settings.ts";
import { chooseEntries } from "../../project/functions/choose.ts";
import { collectSources, type ProjectFiles, projectFiles } from "../../project/functions/collect.ts";
import { discoverFunctions, discoverProject } from "../../project/functions/discover.ts";
import type { FunctionEntry } from "../../project/functions/function-entry.ts";
import { blobHash } from "../../protocol/blob-hash.ts";

/** A function that differs from the last read. */
export interface ChangedFunction {
	readonly entry: FunctionEntry;
	/** Paths that were added, changed or removed, sorted. After the first read, all paths. */
	readonly changed: readonly string[];
	/** Path → content; or the error with which the platform would reject these files. */
	readonly files: ReadonlyMap<string, Uint8Array> | AppError;
	readonly warnings: readonly FileWarning[];
}

export interface Look {
	/** Sorted by name. */
	readonly changed: readonly ChangedFunction[];
	/** Names of functions that no longer exist, sorted. */
	readonly removed: readonly string[];
}

/** The state of a function at the last read. */
interface Seen {
	readonly entry: FunctionEntry;
	/** Path → hash. */
	readonly hashes: ReadonlyMap<string, string>;
	/** The message of the error that its files had. */
	readonly fault: string | undefined;
}

const NOTHING: Seen = { entry: { name: "", entry: "" }, hashes: new Map(), fault: undefined };

export class ProjectFunctions {
	readonly #root: string;
	readonly #names: readonly string[];
	readonly #seen = new Map<string, Seen>();

	/** @param names the functions to read; all if empty */
	constructor(root: string, names: readonly string[]) {
		this.#root = root;
		this.#names = names;
	}

	/** Sorted. */
	get names(): string[] {
		return [...this.#seen.keys()].sort();
	}

	/**
	 * Reads all functions for the first time.
	 * @throws AppError `FUNCTION_NOT_FOUND`, `NO_FUNCTIONS` (exit 4), or as `discoverFunctions`
	 */
	async first(): Promise<Look> {
		const entries = chooseEntries(await discoverProject(this.#root), this.#names);
		return this.#compare(entries, []);
	}

	/**
	 * Reads the functions again.
	 * @param paths the files that may have changed, relative to the root
	 * @throws AppError as `discoverFunctions`
	 */
	async again(paths: ReadonlySet<string>): Promise<Look> {
		const known = this.#functionsOf(paths);
		if (known !== undefined) return this.#compare(known, []);
		const found = await discoverFunctions(this.#root);
		const wanted = found.filter(({ name }) => this.#names.length === 0 || this.#names.includes(name));
		const removed = this.names.filter((name) => !wanted.some((entry) => entry.name === name));
		for (const name of removed) this.#seen.delete(name);
		return this.#compare(wanted, removed);
	}

	/** Reads functions as if for the first time. Functions that no longer exist are left out. */
	async anew(names: readonly string[]): Promise<Look> {
		const entries = names.flatMap((name) => this.#seen.get(name)?.entry ?? []);
		for (const name of names) this.#seen.delete(name);
		return this.#compare(entries, []);
	}

	/**
	 * The functions to which changed files belong. Undefined if the change may also affect others: a file that belongs to
	 * no function may be one that an import lacked.
	 */
	#functionsOf(paths: ReadonlySet<string>): FunctionEntry[] | undefined {
		const all = [...this.#seen.values()];
		const isPlain = (path: string) =>
			!path.endsWith(`/${SETTINGS_FILE}`) &&
			all.some(({ hashes }) => hashes.has(path)) &&
			// The function of a removed file may be gone, too.
			existsSync(join(this.#root, path));
		if (all.some(({ fault }) => fault !== undefined) || ![...paths].every(isPlain)) return undefined;
		return all.filter(({ hashes }) => [...paths].some((path) => hashes.has(path))).map(({ entry }) => entry);
	}

	async #compare(entries: readonly FunctionEntry[], removed: readonly string[]): Promise<Look> {
		const port = projectFiles(this.#root);
		const changed: ChangedFunction[] = [];
		for (const entry of entries) {
			const found = await this.#compareOne(entry, port);
			if (found !== undefined) changed.push(found);
		}
		return { changed, removed };
	}

	/** @returns undefined if nothing has changed */
	async #compareOne(entry: FunctionEntry, port: ProjectFiles): Promise<ChangedFunction | undefined> {
		const { name } = entry;
		const before = this.#seen.get(name);
		const warnings: FileWarning[] = [];
		const files = await collect(this.#root, entry, port, (warning) => warnings.push(warning));
		if (files instanceof AppError) {
			const fault = files.message;
			const { hashes } = before ?? NOTHING;
			this.#seen.set(name, { entry, hashes, fault });
			return before?.fault === fault ? undefined : { entry, changed: [], files, warnings };
		}
		const hashes = new Map([...files].map(([path, content]) => [path, blobHash(content)]));
		this.#seen.set(name, { entry, hashes, fault: undefined });
		const changed = differences(before?.hashes ?? new Map(), hashes);
		const isSame = before !== undefined && before.fault === undefined && changed.length === 0;
		return isSame ? undefined : { entry, changed, files, warnings };
	}
}

async function collect(
	root: string,
	entry: FunctionEntry,
	port: ProjectFiles,
	onWarning: (warning: FileWarning) => void,
): Promise<ReadonlyMap<string, Uint8Array> | AppError> {
	try {
		return await collectSources(root, [entry], port, (_, warning) => onWarning(warning));
	} catch (error) {
		if (error instanceof AppError && error.exit === EXIT.usage) return error;
		throw error;
	}
}

function differences(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
	const paths = new Set([...before.keys(), ...now.keys()]);
	return [...paths].filter((path) => before.get(path) !== now.get(path)).sort();
}
