/**
 * The private directory of the runtime: bundles, one directory for each instance, and Deno's directories. One
 * platform process owns it at a time. Files and processes of a crashed one are removed.
 *
 *     <root>/place               a symbolic link to <place>, if that cannot be the root itself: socket paths
 *                                would be too long, or functions' users could not reach it
 *     <place>/bin/               a copy of Deno, if functions' users cannot reach the original
 *     <place>/compiled/          what Deno compiles at the start of every function, and a control socket `c`
 *     <place>/egress/            the files of the egress proxy
 *     <place>/host/              the host's modules
 *     <place>/bundles/<hash>.js  a read-only bundle, with its source map beside it, as long as an instance
 *                                runs from it
 *     <place>/functions/<hash>/  a main module for each lifetime of a function, since Deno keys localStorage
 *                                and caches by its path; and `deno`, Deno's own directory; removed with the
 *                                function
 *     <place>/i/<n>/             an instance: socket `s`, control socket `c`, socket of the app's store `k`,
 *                                FIFO `a`, writable `tmp`
 *
 * If functions have separate users, the files that a function reads belong to root and are readable only by that
 * function's group. The folders above can be entered but not listed. The user owns `deno`, and in its instance the
 * folder `f` with `tmp` and the socket that it creates. The platform does not connect to that socket by its path in
 * `f`, where the function could put a link to another program's socket. It connects to `s` beside that folder, a second
 * name of the socket that the function cannot change.
 */
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { FunctionLifetime } from "../../functions/lifetimes.ts";
import type { User, Users } from "../../machine/users.ts";
import { BundleFiles } from "./bundle-files.ts";
import {
	type DriverDirectory,
	type DriverDirectoryOptions,
	openDriverDirectory,
} from "./driver-directory.ts";
import { FifoPool } from "./fifos.ts";
import { FunctionFolders } from "./function-folders.ts";
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

/** The paths of an instance and its user. */
interface InstanceLayout {
	readonly user: User | undefined;
	readonly path: string;
	/** The folder that belongs to the user. */
	readonly userFolder: string;
	readonly temporary: string;
	readonly releaseUser: () => Promise<void>;
}

export class Workspace {
	#directory: DriverDirectory;
	readonly #functions: FunctionFolders;
	#next = 1;
	readonly #fifos: FifoPool;
	readonly #bundles: BundleFiles;

	private constructor(directory: DriverDirectory) {
		this.#directory = directory;
		this.#functions = new FunctionFolders(directory);
		this.#fifos = new FifoPool(join(directory.path, "i", "fifos"));
		this.#bundles = new BundleFiles(join(directory.path, "bundles"));
	}

	static async open(options: DriverDirectoryOptions): Promise<Workspace> {
		return new Workspace(await openDriverDirectory(options));
	}

	/** The path of a Deno binary that functions can execute. */
	get binary(): string {
		return this.#directory.binary;
	}

	/** The folder of the modules that functions get in place of Node's own. */
	get nodeModules(): string {
		return join(this.#directory.path, "host", "node");
	}

	/** The folder of the egress proxy, the files that all functions need, and a user that no function has. */
	get egress(): { directory: string; needed: readonly string[]; user: User | undefined } {
		const { binary, path, users } = this.#directory;
		return { directory: join(path, "egress"), needed: [path, binary], user: users?.reserve() };
	}

	/** The users of functions. Undefined if functions run as the platform's own user. */
	get users(): Users | undefined {
		return this.#directory.users;
	}

	/** Whether each function has a separate user. */
	get hasUsers(): boolean {
		return this.users !== undefined;
	}

	/** Creates the files of one instance. @param isAudited whether it gets a FIFO for its permission audit */
	async prepare(
		lifetime: FunctionLifetime,
		bundle: BundleFile,
		isAudited: boolean,
	): Promise<InstanceDirectory> {
		const user = await this.#directory.users?.join(lifetime);
		const instance = this.#nextLayout(user);
		const [file, { folder, storage }] = await Promise.all([
			this.#bundles.acquire(bundle, user),
			this.#functions.open(lifetime, user),
			this.#makeInstanceFolders(instance, [instance.temporary]),
		]).catch(async (error) => {
			await instance.releaseUser();
			throw error;
		});
		const denoDirectory = join(folder, "deno");
		await storage.acquire();
		return {
			...(await this.#instanceDirectory(instance, isAudited)),
			denoDirectory,
			keepsDenoDirectory: true,
			bundle: file,
			main: join(folder, "main.js"),
			clearStorage: () => storage.clearWhenUnused(),
			release: async () => {
				await instance.releaseUser();
				await storage.release(() => this.#functions.empty(denoDirectory, user));
				await Promise.all([removeInstance(instance.path, user), this.#bundles.release(file)]);
			},
		};
	}

	/** Creates the files of a spare process, with its own user and its own Deno directory. */
	async prepareSpare(): Promise<SpareDirectory> {
		const user = this.#directory.users?.single();
		const instance = this.#nextLayout(user);
		const { releaseUser, userFolder, path, temporary } = instance;
		const [denoDirectory, main, bundle] = [
			join(userFolder, "deno"),
			join(path, "main.js"),
			join(path, "b.js"),
		];
		try {
			await this.#makeInstanceFolders(instance, [temporary, denoDirectory]);
			this.#functions.writeMain(main, user);
		} catch (error) {
			await releaseUser();
			throw error;
		}
		return {
			...(await this.#instanceDirectory(instance, true)),
			denoDirectory,
			keepsDenoDirectory: false,
			bundle,
			main,
			// The storage is in the instance's folder and is removed with it.
			clearStorage: () => {},
			fill: (content) => writeBundle(bundle, "b.js", content, user),
			release: async () => {
				await releaseUser();
				await removeInstance(path, user);
			},
		};
	}

	#nextLayout(user: User | undefined): InstanceLayout {
		const path = join(this.#directory.path, "i", String(this.#next++));
		const userFolder = user === undefined ? path : join(path, "f");
		const releaseUser = async () => {
			if (user !== undefined) await this.#directory.users?.leave(user, userFolder);
		};
		return { user, path, userFolder, temporary: join(userFolder, "tmp"), releaseUser };
	}

	async #instanceDirectory({ userFolder, path, temporary, user }: InstanceLayout, isAudited: boolean) {
		const socketPath = join(path, "s");
		const auditPath = join(path, "a");
		const hasAudit = isAudited && (await this.#fifos.placeAt(auditPath, user).catch(() => false));
		return {
			user,
			socketPath,
			listenPath: join(userFolder, "s"),
			controlPath: join(path, "c"),
			storePath: join(path, "k"),
			auditPath: hasAudit ? auditPath : undefined,
			temporary,
			publish: async () => {
				if (user !== undefined) publish(join(userFolder, "s"), socketPath);
			},
		};
	}

	/**
	 * Removes the folder and the user of a function, or of all functions of an app, after the exit of their
	 * last process.
	 */
	async forget(of: { app: string; function?: string | undefined }): Promise<void> {
		await this.#functions.forget(of);
	}

	/** Removes all files. */
	async close(): Promise<void> {
		await Promise.all([this.#bundles.settled(), this.#functions.settled()]);
		await this.#directory.remove();
	}

	/** @param folders the folders that the instance's user owns */
	async #makeInstanceFolders(
		{ userFolder, path, user }: InstanceLayout,
		folders: readonly string[],
	): Promise<void> {
		mkdirSync(path, { mode: 0o700 });
		if (userFolder !== path) mkdirSync(userFolder, { mode: 0o700 });
		for (const folder of folders) makeUserFolder(user, folder);
		// This is the last step: from then on the user can put other files into the folder.
		if (user !== undefined) chownSync(userFolder, user.uid, user.gid);
		allowGroup(user, path, 0o710);
	}
}
