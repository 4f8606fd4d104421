/**
 * The private directory that the driver works in: bundles, one directory per instance, Deno's own directories.
 * One platform process owns it at a time; whatever a crashed one left there is ended and removed.
 *
 *     <root>/place               a link to where the rest is, where that cannot be the root itself: socket paths
 *                                would get too long, or functions' users could not get there
 *     <place>/bin/               a copy of Deno, where its own place is closed to functions' users
 *     <place>/egress/            what the egress proxy needs
 *     <place>/host/              the host's modules
 *     <place>/bundles/<hash>.js  read-only, with its source map beside it, there while an instance runs from it
 *     <place>/functions/<hash>/  a main module per lifetime of a function: Deno keys localStorage and caches by its
 *                                path; and `deno`, Deno's own directory; removed with the function
 *     <place>/i/<n>/             an instance: socket `s`, control socket `c`, FIFO `a`, writable `tmp`
 *
 * Where functions have users of their own, what a function reads belongs to root and is open to that function's
 * group alone; folders above can be passed through and not listed. It owns `deno`, and in its instance the folder
 * `f`, with `tmp` and the socket that it makes. The platform connects to `s` beside that folder, a second name of
 * that socket: a function could put a link to another program's socket in the place of its own name, not of this one.
 */
import { chown, mkdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FunctionLifetime, lifetimeKey } from "../../functions/lifetimes.ts";
import type { User } from "../../machine/users.ts";
import { SharedDirectory } from "../storage/shared-directory.ts";
import { BundleFiles, digest } from "./bundle-files.ts";
import {
	type DriverDirectory,
	type DriverDirectoryOptions,
	openDriverDirectory,
} from "./driver-directory.ts";
import { FifoPool } from "./fifos.ts";
import {
	allowGroup,
	type BundleFile,
	type InstanceDirectory,
	makeUserFolder,
	publish,
	removeInstance,
	type SpareDirectory,
	writeBundle,
} from "./instance-directory.ts";

/** Where an instance lies, and whose it is. */
interface InstanceLayout {
	readonly user: User | undefined;
	readonly path: string;
	/** What is its user's. */
	readonly userFolder: string;
	readonly temporary: string;
	readonly releaseUser: () => Promise<void>;
}

export class Workspace {
	#directory: DriverDirectory;
	#folders = new Map<string, { lifetime: FunctionLifetime; made: Promise<string>; kept: SharedDirectory }>();
	#removed: Promise<unknown> = Promise.resolve();
	#next = 1;
	readonly #fifos: FifoPool;
	readonly #bundles: BundleFiles;

	private constructor(place: DriverDirectory) {
		this.#directory = place;
		this.#fifos = new FifoPool(join(place.path, "i", "fifos"));
		this.#bundles = new BundleFiles(join(place.path, "bundles"));
	}

	static async open(options: DriverDirectoryOptions): Promise<Workspace> {
		return new Workspace(await openDriverDirectory(options));
	}

	/** Deno, where functions can run it. */
	get binary(): string {
		return this.#directory.binary;
	}

	/** The folder of the egress proxy, the files that all functions need, and a user that no function has. */
	get egress(): { directory: string; needed: readonly string[]; user: User | undefined } {
		const { binary, path, users } = this.#directory;
		return { directory: join(path, "egress"), needed: [path, binary], user: users?.reserve() };
	}

	/** Whether each function has a user of its own. */
	get hasUsers(): boolean {
		return this.#directory.users !== undefined;
	}

	/** Lays everything out for one instance. @param isAudited whether there is to be a FIFO for the account of its reads */
	async prepare(
		lifetime: FunctionLifetime,
		bundle: BundleFile,
		isAudited: boolean,
	): Promise<InstanceDirectory> {
		const user = await this.#directory.users?.join(lifetime);
		const instance = this.#nextLayout(user);
		const [file, { folder, kept }] = await Promise.all([
			this.#bundles.acquire(bundle, user),
			this.#functionFolder(lifetime, user),
			this.#makeInstanceFolders(instance, [instance.temporary]),
		]).catch(async (error) => {
			await instance.releaseUser();
			throw error;
		});
		const denoDirectory = join(folder, "deno");
		await kept.acquire();
		return {
			...(await this.#instanceDirectory(instance, isAudited)),
			denoDirectory,
			bundle: file,
			main: join(folder, "main.js"),
			clearStorage: () => kept.clearWhenUnused(),
			release: async () => {
				await instance.releaseUser();
				await kept.release(() => this.#emptyFolder(denoDirectory, user));
				await Promise.all([removeInstance(instance.path, user), this.#bundles.release(file)]);
			},
		};
	}

	/** Lays out an instance that is nobody's yet, with a user and a folder of Deno's own. */
	async prepareSpare(): Promise<SpareDirectory> {
		const user = this.#directory.users?.single();
		const instance = this.#nextLayout(user);
		const { releaseUser: leave, userFolder: own, path, temporary } = instance;
		const [denoDirectory, main, bundle] = [join(own, "deno"), join(path, "main.js"), join(path, "b.js")];
		try {
			await this.#makeInstanceFolders(instance, [temporary, denoDirectory]);
			await this.#writeMain(main, user);
		} catch (error) {
			await leave();
			throw error;
		}
		return {
			...(await this.#instanceDirectory(instance, true)),
			denoDirectory,
			bundle,
			main,
			// It lies in the instance's folder, and goes with it.
			clearStorage: () => {},
			fill: (content) => writeBundle(bundle, "b.js", content, user),
			release: async () => {
				await leave();
				await removeInstance(path, user);
			},
		};
	}

	#nextLayout(user: User | undefined): InstanceLayout {
		const path = join(this.#directory.path, "i", String(this.#next++));
		const own = user === undefined ? path : join(path, "f");
		const leave = async () => {
			if (user !== undefined) await this.#directory.users?.leave(user, own);
		};
		return { user, path, userFolder: own, temporary: join(own, "tmp"), releaseUser: leave };
	}

	async #instanceDirectory({ userFolder: own, path, temporary, user }: InstanceLayout, isAudited: boolean) {
		const socketPath = join(path, "s");
		const auditPath = join(path, "a");
		const hasAudit = isAudited && (await this.#fifos.placeAt(auditPath, user).catch(() => false));
		return {
			user,
			socketPath,
			listenPath: join(own, "s"),
			controlPath: join(path, "c"),
			auditPath: hasAudit ? auditPath : undefined,
			temporary,
			publish: async () => {
				if (user !== undefined) await publish(join(own, "s"), socketPath);
			},
		};
	}

	/** Removes everything. */
	async close(): Promise<void> {
		await Promise.all([this.#bundles.settled(), this.#removed]);
		await this.#directory.remove();
	}

	/** @param folders those of its user's */
	async #makeInstanceFolders(
		{ userFolder: own, path, user }: InstanceLayout,
		folders: readonly string[],
	): Promise<void> {
		await mkdir(path, { mode: 0o700 });
		if (own !== path) await mkdir(own, { mode: 0o700 });
		for (const folder of folders) await makeUserFolder(user, folder);
		// Last, since from then on its owner may put other things into it.
		if (user !== undefined) await chown(own, user.uid, user.gid);
		await allowGroup(user, path, 0o710);
	}

	/** A main module that brings in the host. */
	async #writeMain(path: string, user: User | undefined): Promise<void> {
		await writeFile(path, `import ${JSON.stringify(this.#directory.host)};\n`, { mode: 0o400 });
		await allowGroup(user, path, 0o440);
	}

	async #emptyFolder(directory: string, user: User | undefined): Promise<void> {
		if (user !== undefined) return await this.#directory.users?.empty(user, directory);
		await rm(directory, { recursive: true, force: true });
		await mkdir(directory, { mode: 0o700 });
	}

	/** One folder for all versions of a function. */
	async #functionFolder(
		lifetime: FunctionLifetime,
		user: User | undefined,
	): Promise<{ folder: string; kept: SharedDirectory }> {
		const folder = this.#folderOf(lifetime);
		let known = this.#folders.get(folder);
		if (known === undefined) {
			const made = this.#makeFunctionFolder(folder, user);
			known = { lifetime, made, kept: new SharedDirectory() };
			this.#folders.set(folder, known);
			// What failed is tried again.
			made.catch(() => this.#folders.delete(folder));
		}
		await known.made;
		return { folder, kept: known.kept };
	}

	#folderOf(lifetime: FunctionLifetime): string {
		return join(this.#directory.path, "functions", digest(lifetimeKey(lifetime)));
	}

	/** Removes the folder of a function, or of all of an app's, and its user, once its last process has ended. */
	async forget(of: { app: string; function?: string | undefined }): Promise<void> {
		const isMeant = ({ app, function: id }: FunctionLifetime) => app === of.app && id === (of.function ?? id);
		const all = [...this.#folders].filter(([, { lifetime }]) => isMeant(lifetime));
		const removals = all.map(([folder, { lifetime, made }]) => this.#forget(folder, lifetime, made));
		const removed = Promise.all(removals);
		this.#removed = Promise.allSettled([this.#removed, removed]);
		await removed;
	}

	async #forget(folder: string, lifetime: FunctionLifetime, made: Promise<string>): Promise<void> {
		await made.catch(() => undefined);
		this.#folders.delete(folder);
		const own = join(folder, "deno");
		await this.#directory.users?.forget(lifetime, own);
		// As root nothing is walked through that was a user's: what that could not empty stays until the end.
		if (this.#directory.users === undefined) return await rm(folder, { recursive: true, force: true });
		await rm(join(folder, "main.js"), { force: true });
		for (const empty of [own, folder]) await rmdir(empty).catch(() => {});
	}

	async #makeFunctionFolder(folder: string, user: User | undefined): Promise<string> {
		await rm(folder, { recursive: true, force: true });
		await mkdir(folder, { mode: 0o700 });
		await makeUserFolder(user, join(folder, "deno"));
		await this.#writeMain(join(folder, "main.js"), user);
		await allowGroup(user, folder, 0o710);
		return folder;
	}
}
