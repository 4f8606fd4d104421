/** Watches a project's files. Changes at the same time are reported together. */
import { relative, sep } from "node:path";
import type { AppError } from "../../errors.ts";
import { FolderWatcher } from "./folder-watcher.ts";
import { VAULT_FILE } from "./project-root.ts";

/** The changes since the last report. */
export interface Changes {
	/** Relative to the root, with `/`. The vault is not among them. */
	readonly files: ReadonlySet<string>;
	readonly vault: boolean;
	/** When the first one was detected, in milliseconds of `performance.now()`. */
	readonly sinceMs: number;
}

/** How long changes may be held back in all, because something writes without a pause. */
const HELD_MS_MAX = 1_000;

export interface ProjectWatcherOptions {
	/** Absolute. */
	readonly root: string;
	/** The time without changes before changes are reported, in milliseconds. An editor's save causes several events. */
	readonly settleMs: number;
	/** How to go on if the system watches no more folders, as the end of a hint: "use --no-watch". */
	readonly alternative: string;
	/** Whether a changed file is reported, by default every one. @param path relative to the root, with `/` */
	readonly matters?: (path: string) => boolean;
}

function isIgnored(root: string, path: string): boolean {
	const parts = relative(root, path).split(sep);
	return parts.some((part) => part === "node_modules" || /^\.[^.]/.test(part));
}

export class ProjectWatcher implements Disposable {
	readonly #watcher: FolderWatcher;
	readonly #options: ProjectWatcherOptions;
	#files = new Set<string>();
	#vault = false;
	#fault: AppError | undefined;
	#sinceMs = 0;
	#lastMs = 0;
	#onChange: () => void = () => {};

	/** Every later change is detected. @throws AppError `WATCH_LIMIT` (exit 1) */
	constructor(options: ProjectWatcherOptions) {
		this.#options = options;
		const { alternative, root } = options;
		this.#watcher = new FolderWatcher({
			...{ alternative, root },
			ignores: (path) => isIgnored(root, path),
			onChange: (path) => this.#note(relative(root, path).split(sep).join("/")),
			onFault: (error) => {
				this.#fault = error;
				this.#onChange();
			},
		});
	}

	#note(path: string): void {
		// Some systems do not report which entry of the root has changed: then it may be any.
		const isRoot = path === "";
		if (!isRoot && path !== VAULT_FILE && this.#options.matters?.(path) === false) return;
		const isNew = this.#files.size === 0 && !this.#vault;
		this.#lastMs = performance.now();
		if (isNew) this.#sinceMs = this.#lastMs;
		if (isRoot || path === VAULT_FILE) this.#vault = true;
		if (path !== VAULT_FILE) this.#files.add(path);
		this.#onChange();
	}

	/**
	 * Waits for changes and until they have settled.
	 * @returns undefined when the signal aborts
	 * @throws AppError `WATCH_LIMIT` (exit 1) if changes in a new folder cannot be detected. It can be called again
	 */
	async next(signal: AbortSignal): Promise<Changes | undefined> {
		for (;;) {
			if (signal.aborted) return undefined;
			const fault = this.#fault;
			this.#fault = undefined;
			if (fault !== undefined) throw fault;
			const isAny = this.#files.size > 0 || this.#vault;
			const dueMs = Math.min(this.#lastMs + this.#options.settleMs, this.#sinceMs + HELD_MS_MAX);
			const leftMs = isAny ? dueMs - performance.now() : Number.POSITIVE_INFINITY;
			if (leftMs <= 0) break;
			await this.#wait(leftMs, signal);
		}
		const changes = { files: this.#files, vault: this.#vault, sinceMs: this.#sinceMs };
		this.#files = new Set();
		this.#vault = false;
		return changes;
	}

	/** Resolves at the next change, after some milliseconds, or when the signal aborts. */
	async #wait(ms: number, signal: AbortSignal): Promise<void> {
		await new Promise<void>((resolve) => {
			const timer = Number.isFinite(ms) ? setTimeout(resolve, Math.ceil(ms)) : undefined;
			const end = () => {
				clearTimeout(timer);
				signal.removeEventListener("abort", end);
				resolve();
			};
			this.#onChange = end;
			signal.addEventListener("abort", end, { once: true });
		});
	}

	[Symbol.dispose](): void {
		this.#watcher[Symbol.dispose]();
	}
}
