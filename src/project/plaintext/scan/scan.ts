/** Searches files, git's index, or the whole history for the values of a project's vault. */
import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { AppError, EXIT } from "../../../errors.ts";
import { allBlobs, firstAppearances } from "../../git/history/all-blobs.ts";
import { streamObjects } from "../../git/history/objects.ts";
import { listIndex } from "../../git/listing/work-tree.ts";
import { findRepository, requireRepository, workTreeAround } from "../../git/repository.ts";
import { type GitContext, gitOutput } from "../../git/run.ts";
import { type Allowed, readAllowed } from "../allowed.ts";
import type { VaultValues } from "../live-values.ts";
import type { Found } from "../search.ts";
import { shownPath, toBytePath } from "./byte-path.ts";
import { Collector } from "./collector.ts";
import { filesBelow, type Gaps } from "./listed.ts";
import type { Scan } from "./report.ts";

const NO_GAPS = { absent: 0, isShallow: false, missing: 0, unread: [] } as const;
/** After this many bytes, other work of the process gets its turn: signals, the progress line. */
const TURN_BYTES = 16 * 1024 * 1024;

/** Called now and then, with the number of bytes that were searched. */
export type Progress = (bytes: number) => void;

/**
 * @param index the position of the path among the arguments: the path itself may be a value that was given by mistake
 * @throws AppError `SCAN_PATH_NOT_FOUND` (exit 4)
 */
function isFolder(path: string, index: number): boolean {
	const stats = statSync(path, { throwIfNoEntry: false });
	if (stats) return stats.isDirectory();
	throw new AppError({
		code: "SCAN_PATH_NOT_FOUND",
		message: `Argument ${index + 1} is no file or folder that exists.`,
		hint: "Give paths of files and folders, or none for the whole project. Do not give values: those of the vault are looked for.",
		exit: EXIT.notFound,
	});
}

/** Lets other work of the process run after each `TURN_BYTES`. */
function turns(collector: Collector, progress: Progress): () => Promise<void> {
	let next = TURN_BYTES;
	return async () => {
		if (collector.bytes < next) return;
		next = collector.bytes + TURN_BYTES;
		progress(collector.bytes);
		await new Promise((resume) => setImmediate(resume));
	};
}

/** What is scanned: the project's folder, the folder from which paths are read and shown, and paths. */
export interface ScannedFiles {
	readonly root: string;
	readonly place: GitContext;
	/** None for the whole project. */
	readonly paths: readonly string[];
}

/** Reads files, and reports what they contain. */
class FileScan {
	readonly #collector: Collector;
	readonly #gaps: Gaps = { unread: [], absent: 0 };
	/** The paths from here, and from the top of the repository, which the list of allowed values names. */
	readonly #from: { readonly here: string; readonly top: string };
	readonly #allowed: Allowed;
	readonly #seen = new Set<string>();

	constructor(collector: Collector, from: { readonly here: string; readonly top: string }, allowed: Allowed) {
		this.#collector = collector;
		this.#from = from;
		this.#allowed = allowed;
	}

	/** @param path a byte path */
	file(path: string, isNamed: boolean): void {
		if (this.#seen.has(path)) return;
		this.#seen.add(path);
		try {
			const found = this.#collector.searchFile(path, isNamed);
			const file = { file: below(this.#from.here, path), path: below(this.#from.top, path) };
			if (found.length > 0) this.#collector.report(found, [file], this.#allowed);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === undefined || error instanceof AppError) throw error;
			// What was read of it does not belong to the next file.
			this.#collector.end();
			this.#gaps.unread.push({ file: path, code });
		}
	}

	async folder(
		path: string,
		variables: GitContext["variables"],
		takeTurn: () => Promise<void>,
	): Promise<void> {
		for await (const file of filesBelow(path, variables, this.#gaps)) {
			this.file(file, false);
			await takeTurn();
		}
	}

	result(): Scan {
		const unread = this.#gaps.unread.map(({ code, file }) => ({ file: below(this.#from.here, file), code }));
		return this.#collector.result("files", { ...NO_GAPS, absent: this.#gaps.absent, unread });
	}
}

/** A byte path as text, from a folder. */
function below(from: string, path: string): string {
	return shownPath(relative(from, path) || path);
}

/**
 * Searches files: those that are named, and those in the folders that are named.
 * @throws AppError `SCAN_PATH_NOT_FOUND` (exit 4); as `filesBelow`
 */
export async function scanFiles(
	values: VaultValues,
	{ paths, place, root }: ScannedFiles,
	progress: Progress,
): Promise<Scan> {
	const named = paths.map((path) => resolve(place.folder, path));
	const kinds = (named.length > 0 ? named : [root]).map((path, index) => ({
		path,
		isFolder: isFolder(path, index),
	}));
	const collector = new Collector(values);
	const top = (await workTreeAround({ ...place, folder: root })) ?? root;
	const from = { here: toBytePath(place.folder), top: toBytePath(top) };
	const scan = new FileScan(collector, from, await readAllowed(top));
	const takeTurn = turns(collector, progress);
	for (const { isFolder, path } of kinds) {
		if (isFolder) await scan.folder(toBytePath(path), place.variables, takeTurn);
		else scan.file(toBytePath(path), true);
	}
	return scan.result();
}

/** Searches the contents of ids. @returns what was found, by id */
async function searchBlobs(
	collector: Collector,
	place: GitContext,
	ids: readonly string[],
	progress: Progress,
): Promise<{ found: Map<string, readonly Found[]>; missing: number }> {
	const found = new Map<string, readonly Found[]>();
	let missing = 0;
	let next = TURN_BYTES;
	await streamObjects(place, ids, {
		piece: (bytes) => collector.push(bytes),
		end: ({ id }) => {
			const here = collector.end();
			if (here.length > 0) found.set(id, here);
			if (collector.bytes < next) return;
			next = collector.bytes + TURN_BYTES;
			progress(collector.bytes);
		},
		missing: () => missing++,
	});
	return { found, missing };
}

/**
 * Searches what is in git's index, below a folder.
 * @throws AppError `REPOSITORY_NOT_FOUND`, `GIT_NOT_FOUND` (exit 4); as `gitOutput`
 */
export async function scanIndex(values: VaultValues, place: GitContext, progress: Progress): Promise<Scan> {
	await requireRepository(place);
	const top = await gitOutput(place, ["rev-parse", "--show-toplevel"]);
	const [byId, allowed] = await Promise.all([listIndex(place), readAllowed(top)]);
	const collector = new Collector(values);
	const { found, missing } = await searchBlobs(collector, place, [...byId.keys()], progress);
	for (const [blob, here] of found) {
		const files = (byId.get(blob) ?? []).map(shownPath);
		collector.report(
			here,
			files.map((file) => ({ file, path: file, more: { blob } })),
			allowed,
		);
	}
	return collector.result("index", { ...NO_GAPS, missing });
}

/**
 * Searches every content that a ref reaches, each once.
 * @throws AppError `REPOSITORY_NOT_FOUND`, `GIT_NOT_FOUND` (exit 4); as `gitOutput`
 */
export async function scanHistory(values: VaultValues, place: GitContext, progress: Progress): Promise<Scan> {
	await requireRepository(place);
	const [top, repository] = await Promise.all([
		gitOutput(place, ["rev-parse", "--show-toplevel"]),
		findRepository(place),
	]);
	const [blobs, allowed] = await Promise.all([allBlobs(place), readAllowed(top)]);
	const collector = new Collector(values);
	const { found, missing } = await searchBlobs(collector, place, blobs.ids, progress);
	const first = found.size > 0 ? await firstAppearances(place, new Set(found.keys())) : new Map();
	for (const [blob, here] of found) {
		const { commit = null, path } = first.get(blob) ?? {};
		const file = path === undefined ? blob : shownPath(path);
		collector.report(here, [{ file, path: file, more: { commit, blob } }], allowed);
	}
	return collector.result("history", {
		...NO_GAPS,
		missing: missing + blobs.missing,
		isShallow: repository?.isShallow ?? false,
	});
}
