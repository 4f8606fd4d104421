/** Watches a project's files. Changes that come together are handed out together. */
import { relative, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { VAULT_FILE } from "../../project/files/project-root.ts";

/** Changes since the last ones. */
export interface Changes {
	/** Relative to the root, with `/`. The vault is not among them. */
	readonly files: ReadonlySet<string>;
	readonly vault: boolean;
	/** When the first one was seen, in milliseconds of `performance.now()`. */
	readonly sinceMs: number;
}

/** How long no file may change before changes are handed out. An editor's save causes several events. */
const SETTLE_MS = 20;

function isIgnored(root: string, path: string): boolean {
	const parts = relative(root, path).split(sep);
	return parts.some((part) => part === "node_modules" || /^\.[^.]/.test(part));
}

export class ProjectWatcher implements AsyncDisposable {
	readonly #watcher: FSWatcher;
	#files = new Set<string>();
	#vault = false;
	#sinceMs = 0;
	#lastMs = 0;
	#onChange: () => void = () => {};

	private constructor(root: string, watcher: FSWatcher) {
		this.#watcher = watcher;
		watcher.on("all", (_event, path) => this.#note(relative(root, path).split(sep).join("/")));
	}

	/** Resolves when every later change will be seen. @throws the system's error */
	static async open(root: string): Promise<ProjectWatcher> {
		const watcher = watch(root, {
			ignoreInitial: true,
			ignored: (path) => isIgnored(root, path),
			followSymlinks: false,
		});
		const opened = new ProjectWatcher(root, watcher);
		await new Promise<void>((resolve, reject) => {
			watcher.once("ready", resolve);
			watcher.once("error", reject);
		});
		return opened;
	}

	#note(path: string): void {
		const isNew = this.#files.size === 0 && !this.#vault;
		this.#lastMs = performance.now();
		if (isNew) this.#sinceMs = this.#lastMs;
		if (path === VAULT_FILE) this.#vault = true;
		else this.#files.add(path);
		this.#onChange();
	}

	/** Waits for changes and until they have settled. @returns undefined when the signal aborts */
	async next(signal: AbortSignal): Promise<Changes | undefined> {
		for (;;) {
			if (signal.aborted) return undefined;
			const isAny = this.#files.size > 0 || this.#vault;
			const leftMs = isAny ? this.#lastMs + SETTLE_MS - performance.now() : Number.POSITIVE_INFINITY;
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

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#watcher.close();
	}
}
