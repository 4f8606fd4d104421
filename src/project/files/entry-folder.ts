/**
 * A folder beside the vault with a file for each entry (requests, notes). A file is written once and never changed, so
 * files of two branches merge in git.
 */
import { lstatSync } from "node:fs";
import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fileError, readWhole, replaceFile } from "./atomic-file.ts";

export interface EntryKind<Entry> {
	/** The folder's name. */
	readonly folder: string;
	/** What the names of the files are like. */
	readonly pattern: RegExp;
	/** The most files that are read, and the most bytes of one. */
	readonly filesMax: number;
	readonly bytesMax: number;
	/** The beginning of the codes of errors: `REQUESTS`. */
	readonly code: string;
	/** Undefined for a text that is no entry. */
	readonly parse: (text: string) => Entry | undefined;
	readonly print: (entry: Entry) => string;
	readonly fileOf: (entry: Entry) => string;
}

export interface Entries<Entry> {
	readonly entries: readonly Entry[];
	/** The number of files with the name of an entry that are none, or that are too many. */
	readonly unread: number;
}

export class EntryFolder<Entry> {
	readonly #kind: EntryKind<Entry>;
	readonly #root: string;

	/** @param root the project's folder */
	constructor(kind: EntryKind<Entry>, root: string) {
		this.#kind = kind;
		this.#root = root;
	}

	get #path(): string {
		return join(this.#root, this.#kind.folder);
	}

	/** Whether the project has the folder. It must be a folder itself: a link could lead out of the project. */
	#exists(): boolean {
		const stat = lstatSync(this.#path, { throwIfNoEntry: false });
		if (stat === undefined || stat.isDirectory()) return stat !== undefined;
		throw new AppError({
			code: `${this.#kind.code}_FOLDER_INVALID`,
			message: `${this.#kind.folder} is not a folder.`,
			hint: "Remove it, or restore it from git.",
			exit: EXIT.failure,
		});
	}

	async #readOne(file: string): Promise<Entry | undefined> {
		const { bytesMax, fileOf, parse } = this.#kind;
		const bytes = await readWhole(join(this.#path, file), bytesMax).catch((error: unknown) => {
			if (!(error instanceof AppError)) throw error;
			return undefined;
		});
		const entry = bytes && parse(fromUtf8(bytes) ?? "");
		return entry && fileOf(entry) === file ? entry : undefined;
	}

	/**
	 * Reads entries.
	 * @param beginning reads only files whose names begin with it; all by default
	 * @throws AppError `…_FOLDER_INVALID`, `FILE_UNREADABLE` (exit 1)
	 */
	async read(beginning = ""): Promise<Entries<Entry>> {
		if (!this.#exists()) return { entries: [], unread: 0 };
		const all = await readdir(this.#path).catch((error: unknown) => {
			throw fileError("read", this.#path, error);
		});
		const files = all.filter((file) => file.startsWith(beginning) && this.#kind.pattern.test(file)).sort();
		const entries: Entry[] = [];
		for (const file of files.slice(0, this.#kind.filesMax)) {
			const entry = await this.#readOne(file);
			if (entry !== undefined) entries.push(entry);
		}
		return { entries, unread: files.length - entries.length };
	}

	/** Not recursively: Node then reports a read-only disk as a missing folder. */
	async #create(): Promise<void> {
		await mkdir(this.#path).catch((error: unknown) => {
			// Another command was faster.
			if (!this.#exists()) throw fileError("write", this.#path, error);
		});
	}

	/**
	 * Writes a new entry.
	 * @returns the path of its file, relative to the root
	 * @throws AppError `…_TOO_MANY` (exit 2), `…_FOLDER_INVALID`, `FILE_UNWRITABLE` (exit 1)
	 */
	async write(entry: Entry): Promise<string> {
		const { code, fileOf, filesMax, folder, print } = this.#kind;
		if (!this.#exists()) await this.#create();
		const { entries, unread } = await this.read();
		if (entries.length + unread >= filesMax) {
			throw new AppError({
				code: `${code}_TOO_MANY`,
				message: `${folder} has ${filesMax} files already, which is the limit.`,
				hint: "Remove files that nobody needs any more.",
				exit: EXIT.usage,
			});
		}
		const file = fileOf(entry);
		await replaceFile(join(this.#path, file), print(entry), { mode: 0o644 });
		return `${folder}/${file}`;
	}

	/**
	 * Removes entries. Another command may have removed them already. The folder stays: another command may be about to
	 * write into it, and git does not keep an empty one.
	 */
	async remove(entries: readonly Entry[]): Promise<void> {
		for (const entry of entries) {
			const path = join(this.#path, this.#kind.fileOf(entry));
			await unlink(path).catch((error: NodeJS.ErrnoException) => {
				if (error.code !== "ENOENT") throw fileError("write", path, error);
			});
		}
	}
}
