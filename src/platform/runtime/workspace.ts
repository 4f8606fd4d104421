/**
 * The private directory that the driver works in: bundles, one directory per instance, Deno's cache.
 * One platform process owns it at a time; whatever a crashed one left there is ended and removed.
 *
 *     <root>/deno/               Deno's cache
 *     <root>/bundles/<hash>.js   read-only, with its source map beside it, there while an instance runs from it
 *     <root>/functions/<hash>/   a main module per function: Deno keys localStorage and caches by its path
 *     <root>/i                   the instances, or a link to them where socket paths would get too long
 *     <instances>/<n>/           mode 0700: socket `s`, control socket `c`, writable `tmp`
 */
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** The shortest limit of any system is 104 bytes, with the closing NUL. */
const SOCKET_PATH_BYTES = 103;

function digest(...content: (Uint8Array | string)[]): string {
	const hash = createHash("sha256");
	for (const part of content) hash.update(`${part.length}:`).update(part);
	return hash.digest("hex").slice(0, 32);
}

export interface BundleFile {
	code: Uint8Array;
	/** JSON. */
	sourceMap: string | undefined;
}

export interface InstanceDirectory {
	readonly path: string;
	readonly socketPath: string;
	readonly controlPath: string;
	/** The only place where the function may write, and its working directory. */
	readonly temporary: string;
	/** The bundle's file. */
	readonly bundle: string;
	/** The main module. */
	readonly main: string;
	/** Removes what nobody else uses. */
	release(): Promise<void>;
}

/** Kills processes that work below the directory: functions of a platform that was killed itself. */
async function killLeftovers(directory: string): Promise<void> {
	const entries = await readdir("/proc").catch(() => []);
	for (const pid of entries.filter((entry) => /^\d+$/.test(entry))) {
		const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
		if (!cwd.startsWith(directory + sep)) continue;
		try {
			process.kill(Number(pid), "SIGKILL");
		} catch {
			// It ended by itself in between.
		}
	}
}

export class Workspace {
	readonly denoDirectory: string;
	#root: string;
	#instances: string;
	#host: string;
	#users = new Map<string, number>();
	/** Writing and removing one bundle's file happens one after the other. */
	#turn = Promise.resolve();
	#next = 1;

	private constructor(root: string, instances: string, hostPath: string) {
		this.#root = root;
		this.#instances = instances;
		this.#host = pathToFileURL(hostPath).href;
		this.denoDirectory = join(root, "deno");
	}

	/** @param hostPath the host's `main.ts` */
	static async open(root: string, hostPath: string): Promise<Workspace> {
		await mkdir(root, { recursive: true, mode: 0o700 });
		await chmod(root, 0o700);
		const link = join(root, "i");
		const elsewhere = await readlink(link).catch(() => undefined);
		for (const directory of [root, ...(elsewhere === undefined ? [] : [elsewhere])])
			await killLeftovers(directory);
		if (elsewhere !== undefined) await rm(elsewhere, { recursive: true, force: true });
		for (const entry of ["bundles", "functions", "i"])
			await rm(join(root, entry), { recursive: true, force: true });
		for (const entry of ["bundles", "functions"]) await mkdir(join(root, entry), { mode: 0o700 });
		let instances = link;
		if (Buffer.byteLength(join(instances, "1000000", "s")) > SOCKET_PATH_BYTES) {
			instances = await mkdtemp(join(tmpdir(), "coffer-"));
			await symlink(instances, link);
		} else {
			await mkdir(instances, { mode: 0o700 });
		}
		return new Workspace(root, instances, hostPath);
	}

	/** Lays everything out for one instance. */
	async prepare(app: string, name: string, bundle: BundleFile): Promise<InstanceDirectory> {
		const path = join(this.#instances, String(this.#next++));
		const temporary = join(path, "tmp");
		const [file, main] = await Promise.all([
			this.#acquireBundle(bundle),
			this.#mainModule(app, name),
			mkdir(temporary, { recursive: true, mode: 0o700 }),
		]);
		const release = async () => {
			await Promise.all([rm(path, { recursive: true, force: true }), this.#releaseBundle(file)]);
		};
		const socketPath = join(path, "s");
		return { path, socketPath, controlPath: join(path, "c"), temporary, bundle: file, main, release };
	}

	/** Removes everything but Deno's cache, which makes the next start faster. */
	async close(): Promise<void> {
		await this.#turn;
		const own = ["bundles", "functions", "i"].map((entry) => join(this.#root, entry));
		await Promise.all([this.#instances, ...own].map((entry) => rm(entry, { recursive: true, force: true })));
	}

	async #mainModule(app: string, name: string): Promise<string> {
		const folder = join(this.#root, "functions", digest(app, name));
		const main = join(folder, "main.js");
		await mkdir(folder, { recursive: true, mode: 0o700 });
		await writeFile(main, `import ${JSON.stringify(this.#host)};\n`, { mode: 0o400, flag: "wx" }).catch(
			(error) => {
				if (error.code !== "EEXIST") throw error;
			},
		);
		return main;
	}

	#inTurn<T>(work: () => Promise<T>): Promise<T> {
		const result = this.#turn.then(work);
		this.#turn = result.then(
			() => undefined,
			() => undefined,
		);
		return result;
	}

	#acquireBundle({ code, sourceMap }: BundleFile): Promise<string> {
		const hash = digest(code, sourceMap ?? "");
		const path = join(this.#root, "bundles", `${hash}.js`);
		const link = `\n//# sourceMappingURL=${hash}.js.map\n`;
		const text = sourceMap === undefined ? code : Buffer.concat([code, Buffer.from(link)]);
		return this.#inTurn(async () => {
			const users = this.#users.get(path) ?? 0;
			if (users === 0) {
				await writeFile(`${path}.new`, text, { mode: 0o400 });
				if (sourceMap !== undefined) await writeFile(`${path}.map`, sourceMap, { mode: 0o600 });
				await rename(`${path}.new`, path);
			}
			this.#users.set(path, users + 1);
			return path;
		});
	}

	#releaseBundle(path: string): Promise<void> {
		return this.#inTurn(async () => {
			const users = (this.#users.get(path) ?? 1) - 1;
			if (users > 0) {
				this.#users.set(path, users);
				return;
			}
			this.#users.delete(path);
			await Promise.all([path, `${path}.map`].map((entry) => rm(entry, { force: true })));
		});
	}
}
