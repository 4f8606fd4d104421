/** The folders of functions: one for each lifetime, with a main module and the directory in which Deno stores data. */
import { writeFileSync } from "node:fs";
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { type FunctionLifetime, lifetimeKey } from "../../functions/lifetimes.ts";
import type { User } from "../../machine/users.ts";
import { SharedDirectory } from "../storage/shared-directory.ts";
import { digest } from "./bundle-files.ts";
import { CompiledModules } from "./compiled-modules.ts";
import type { DriverDirectory } from "./driver-directory.ts";
import { allowGroup } from "./instance-directory.ts";

interface FunctionFolder {
	readonly lifetime: FunctionLifetime;
	/** Resolves when the folder exists. */
	readonly created: Promise<void>;
	readonly storage: SharedDirectory;
}

export class FunctionFolders {
	readonly #directory: DriverDirectory;
	readonly #compiled: CompiledModules;
	readonly #folders = new Map<string, FunctionFolder>();
	#removals: Promise<unknown> = Promise.resolve();

	constructor(directory: DriverDirectory) {
		this.#directory = directory;
		this.#compiled = new CompiledModules(directory);
	}

	/** The folder for all versions of a function, created if it does not exist, and the storage in it. */
	async open(
		lifetime: FunctionLifetime,
		user: User | undefined,
	): Promise<{ folder: string; storage: SharedDirectory }> {
		const folder = join(this.#directory.path, "functions", digest(lifetimeKey(lifetime)));
		let known = this.#folders.get(folder);
		if (known === undefined) {
			const created = this.#create(folder, user);
			known = { lifetime, created, storage: new SharedDirectory() };
			this.#folders.set(folder, known);
			// If it failed, the next call tries again.
			created.catch(() => this.#folders.delete(folder));
		}
		await known.created;
		return { folder, storage: known.storage };
	}

	/** Writes a main module that imports the host. */
	writeMain(path: string, user: User | undefined): void {
		writeFileSync(path, `import ${JSON.stringify(this.#directory.host)};\n`, { mode: 0o400 });
		allowGroup(user, path, 0o440);
	}

	/** Removes the content of a directory of a function's user. */
	async empty(directory: string, user: User | undefined): Promise<void> {
		if (user !== undefined) return await this.#directory.users?.empty(user, directory);
		await rm(directory, { recursive: true, force: true });
		await mkdir(directory, { mode: 0o700 });
	}

	/**
	 * Removes the folder and the user of a function, or of all functions of an app, after the exit of their
	 * last process.
	 */
	async forget(of: { app: string; function?: string | undefined }): Promise<void> {
		const isIncluded = ({ app, function: id }: FunctionLifetime) =>
			app === of.app && id === (of.function ?? id);
		const folders = [...this.#folders].filter(([, { lifetime }]) => isIncluded(lifetime));
		const done = Promise.all(folders.map(([folder, known]) => this.#remove(folder, known)));
		this.#removals = Promise.allSettled([this.#removals, done]);
		await done;
	}

	/** Resolves when every removal is done, and no process without a function runs. */
	async settled(): Promise<void> {
		await Promise.all([this.#removals, this.#compiled.settled()]);
	}

	async #remove(folder: string, { created, lifetime }: FunctionFolder): Promise<void> {
		await created.catch(() => undefined);
		this.#folders.delete(folder);
		const denoDirectory = join(folder, "deno");
		await this.#directory.users?.forget(lifetime, denoDirectory);
		if (this.#directory.users === undefined) return await rm(folder, { recursive: true, force: true });
		// Root never walks a folder that a function's user could change. Files that the user could not remove stay until the
		// platform ends.
		await rm(join(folder, "main.js"), { force: true });
		for (const empty of [denoDirectory, folder]) await rmdir(empty).catch(() => {});
	}

	async #create(folder: string, user: User | undefined): Promise<void> {
		await rm(folder, { recursive: true, force: true });
		await mkdir(folder, { mode: 0o700 });
		await this.#compiled.makeDenoDirectory(join(folder, "deno"), user);
		this.writeMain(join(folder, "main.js"), user);
		allowGroup(user, folder, 0o710);
	}
}
