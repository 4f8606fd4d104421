/** Decides what a changed file of a watched project makes necessary. Pure. */
import { CONFIG_FILE } from "../../project/files/project-root.ts";

const CODE = /\.(?:[cm]?[jt]sx?|json|jsonc)$/;
/** Further files that affect how imports resolve, or which functions there are. */
const CONFIGURATION = /(?:^|\/)(?:deno\.lock|pnpm-workspace\.yaml|config\.toml)$/;

function folderOf(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The files that functions are deployed from. All paths are relative to the root, with `/`. */
export class WatchedFiles {
	readonly #files = new Set<string>();
	/** Folders that have such files. The root is not among them: much lies there that no function reads. */
	readonly #folders = new Set<string>();

	/** Remembers files from which a function is deployed, or would be. */
	add(paths: Iterable<string>): void {
		for (const path of paths) {
			this.#files.add(path);
			this.#folders.add(folderOf(path));
		}
		this.#folders.delete("");
	}

	/**
	 * Whether a function may be different after a change of this file: code, configuration, a file that a function reads,
	 * or any file in or below a folder with such files, because code can read whole folders.
	 */
	matters(path: string): boolean {
		if (path === CONFIG_FILE || CODE.test(path) || CONFIGURATION.test(path) || this.#files.has(path))
			return true;
		const below = (one: string, folder: string) => one === folder || one.startsWith(`${folder}/`);
		// If a folder is removed or renamed, it is reported without its files.
		return [...this.#folders].some((folder) => below(path, folder) || below(folder, path));
	}
}
