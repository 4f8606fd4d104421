/**
 * Watches all files below a folder, without losing a change.
 *
 * Each folder is watched, which reports the changes of its files on all systems. A folder is watched before it is read,
 * so a file that is created in between is seen. chokidar reads a folder before it watches it, and reports only the
 * first of several changes of a file within 50 ms. It loses files that are created with their folder, and the second
 * save of an editor that formats.
 */
import { type FSWatcher, lstatSync, readdirSync, watch } from "node:fs";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";

/** Errors of the system for a folder that no longer exists, or that this user may not read. */
const GONE = new Set(["ENOENT", "ENOTDIR", "EACCES", "EPERM"]);

export interface FolderWatcherOptions {
	/** Absolute. */
	readonly root: string;
	/** @param path absolute; ignored folders are not entered */
	readonly ignores: (path: string) => boolean;
	/**
	 * Called with the absolute path of a file or folder that was created, changed or removed. May repeat one. If it is a
	 * folder, every file below it may have changed.
	 */
	readonly onChange: (path: string) => void;
	/** How to go on without watching, as the end of a hint: "use --no-watch". */
	readonly alternative: string;
	/** Called if a new folder cannot be watched: `WATCH_LIMIT`. The other folders are still watched. */
	readonly onFault: (error: AppError) => void;
}

export class FolderWatcher implements Disposable {
	readonly #options: FolderWatcherOptions;
	/** Absolute path → its watcher. */
	readonly #folders = new Map<string, FSWatcher>();

	/** Every later change is reported. @throws AppError `WATCH_LIMIT` (exit 1) if the system watches no more folders */
	constructor(options: FolderWatcherOptions) {
		this.#options = options;
		try {
			this.#enter(options.root, () => {});
		} catch (error) {
			this[Symbol.dispose]();
			throw error;
		}
	}

	/** Watches a folder and all folders below it. @param onEntry called with the path of each file and folder below it */
	#enter(folder: string, onEntry: (path: string) => void): void {
		const onEvent = (event: string, name: string | null) => this.#note(folder, event, name);
		const watcher = openWatcher(folder, onEvent, this.#options.alternative);
		if (watcher === undefined) return;
		this.#folders.set(folder, watcher);
		for (const entry of entriesOf(folder)) {
			const path = join(folder, entry.name);
			if (this.#options.ignores(path)) continue;
			onEntry(path);
			if (entry.isDirectory()) this.#enter(path, onEntry);
		}
	}

	/** Stops watching a folder and all folders below it. */
	#leave(folder: string): void {
		const below = join(folder, "/");
		for (const [path, watcher] of this.#folders) {
			if (path !== folder && !path.startsWith(below)) continue;
			watcher.close();
			this.#folders.delete(path);
		}
	}

	/** @param name the name of the changed entry of the folder; null if the system does not report it */
	#note(folder: string, event: string, name: string | null): void {
		const { ignores, onChange, onFault } = this.#options;
		const path = name === null ? folder : join(folder, name);
		if (path !== folder && ignores(path)) return;
		onChange(path);
		if (event !== "rename" || path === folder) return;
		// This may be a new folder of the same name, with new files.
		this.#leave(path);
		if (!isFolder(path)) return;
		try {
			this.#enter(path, onChange);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			onFault(error);
		}
	}

	[Symbol.dispose](): void {
		for (const watcher of this.#folders.values()) watcher.close();
		this.#folders.clear();
	}
}

/** @returns undefined if the folder no longer exists @throws AppError `WATCH_LIMIT` (exit 1) */
function openWatcher(
	folder: string,
	onEvent: (event: string, name: string | null) => void,
	alternative: string,
): FSWatcher | undefined {
	try {
		const watcher = watch(folder, onEvent);
		// Windows reports the removal of a watched folder as this error. The parent folder reports the removal too.
		watcher.on("error", () => watcher.close());
		return watcher;
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (GONE.has(code)) return undefined;
		throw new AppError({
			code: "WATCH_LIMIT",
			message: `The folder ${folder} cannot be watched for changes (${code}).`,
			hint: `Raise the system's limit of watched folders (on Linux: sysctl fs.inotify.max_user_watches), or ${alternative}.`,
			exit: EXIT.failure,
			cause: error,
		});
	}
}

function entriesOf(folder: string) {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch (error) {
		if (GONE.has((error as NodeJS.ErrnoException).code ?? "")) return [];
		throw error;
	}
}

function isFolder(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
