/**
 * Prepares and builds functions on this machine as a platform does for a deployment, with the platform's own code. This
 * shows the changes of a deployment before anything is sent.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../crypto.ts";
import { AppError } from "../errors.ts";
import { type Builder, openBuilder } from "../platform/build/bundle.ts";
import { type CheckedFunction, Checker } from "../platform/build/check/checker.ts";
import { ProcessPool } from "../platform/build/check/process-pool.ts";
import { readProvidedModules } from "../platform/build/provided-modules.ts";
import { checkUpload, type Upload } from "../platform/build/upload.ts";
import { limitsOf } from "../platform/configuration/limits.ts";
import { passedThrough } from "../platform/configuration/passed-through.ts";
import { operationHash } from "../platform/functions/function.ts";
import { builtPath } from "../platform/machine/assets.ts";
import { type DenoSearch, findDeno } from "../platform/runtime/deno-binary.ts";
import { blobHash } from "../protocol/blob-hash.ts";

/** The files and functions that a deployment would send. */
export interface LocalUpload {
	readonly files: ReadonlyMap<string, Uint8Array>;
	readonly functions: Upload["functions"];
}

/** One function, as the platform would prepare it. */
export interface LocalBuild {
	readonly source: string;
	readonly operation: string;
	/** @returns the bundle's hash; undefined if it cannot be built here in the same way as on the platform */
	bundle(): Promise<string | undefined>;
}

const CHECK_MS = 60_000;

/** Prepares functions as one platform does. */
export class LocalBuilds implements AsyncDisposable {
	readonly #deno: DenoSearch;
	readonly #passthrough: Readonly<Record<string, string>>;
	/** The folder in which builds cache the bundler and packages; undefined without a home folder. */
	readonly #cache: string | undefined;
	#folder: Promise<string> | undefined;
	#builder: Promise<Builder | undefined> | undefined;
	#processes: ProcessPool | undefined;

	/** @param environment the environment of this process; a few of its variables are passed to builds */
	constructor(deno: DenoSearch, environment: Readonly<Record<string, string>>) {
		this.#deno = deno;
		const { HOME, XDG_CACHE_HOME = HOME && join(HOME, ".cache") } = environment;
		this.#cache = XDG_CACHE_HOME && join(XDG_CACHE_HOME, "coffer", "local-builds");
		this.#passthrough = passedThrough(environment);
	}

	/**
	 * Prepares the functions of an upload; nothing is built yet.
	 * @param conditions the platform's: Deno's version and the hosts that it allows
	 * @returns by the function's name: the prepared build, or the error with which the platform would reject it
	 */
	async prepare(
		{ files, functions }: LocalUpload,
		conditions: readonly string[],
	): Promise<ReadonlyMap<string, LocalBuild | AppError>> {
		await cryptoReady;
		const uploaded = [...files].map(([path, content]) => ({ path, content }));
		const upload = checkUpload(uploaded, functions);
		const checker = await this.#openChecker(conditions);
		const checked = await checker.check(upload, limitsOf());
		return new Map(
			[...checked.functions].map(([name, found]): [string, LocalBuild | AppError] => [
				name,
				found instanceof AppError ? found : this.#buildOf(found, files, conditions),
			]),
		);
	}

	#buildOf(checked: CheckedFunction, files: LocalUpload["files"], conditions: readonly string[]): LocalBuild {
		const assets = checked.assets.map(
			(path) => [path, blobHash(files.get(path) ?? new Uint8Array())] as const,
		);
		return {
			source: checked.source,
			operation: operationHash({ ...checked.declaration, assets }),
			bundle: async () => {
				// The hash covers one bundle, but workers have separate bundles.
				if (checked.workers.length > 0) return undefined;
				this.#builder ??= this.#openBuilder(conditions);
				const builder = await this.#builder;
				if (builder === undefined) return undefined;
				try {
					return (await builder.build(checked)).hash;
				} catch (error) {
					// The platform may have a network, or packages, that this machine lacks.
					if (error instanceof AppError) return undefined;
					throw error;
				}
			},
		};
	}

	async #openChecker(conditions: readonly string[]): Promise<Checker> {
		const [, ...hosts] = conditions;
		const rules = { hosts, conditions, ...(await readProvidedModules()) };
		this.#processes = new ProcessPool({ program: builtPath("check.cjs"), rules });
		return new Checker({ processes: this.#processes, checksMax: 1, timeoutMs: CHECK_MS });
	}

	/**
	 * A builder that makes the platform's bundles; undefined if this machine does not have the platform's version of Deno.
	 */
	async #openBuilder(conditions: readonly string[]): Promise<Builder | undefined> {
		const [, ...hosts] = conditions;
		if (this.#cache === undefined) this.#folder ??= mkdtemp(join(tmpdir(), "coffer-builds-"));
		const directory = this.#cache ?? (await this.#folder) ?? tmpdir();
		const provided = await readProvidedModules();
		const opened = findDeno(this.#deno).then((deno) =>
			openBuilder({
				...{ deno, directory, hidden: [], passthrough: this.#passthrough, hosts, analyzes: false },
				...provided,
			}),
		);
		const builder = await opened.catch((error: unknown) => {
			if (error instanceof AppError) return undefined;
			throw error;
		});
		const isSame = JSON.stringify(builder?.conditions) === JSON.stringify(conditions);
		if (isSame) return builder;
		builder?.close();
		return undefined;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#processes?.close();
		(await this.#builder)?.close();
		const folder = await this.#folder;
		if (folder !== undefined) await rm(folder, { recursive: true, force: true });
	}
}
