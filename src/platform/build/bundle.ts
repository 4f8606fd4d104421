/**
 * Bundles functions' sources, each into one self-contained module with a source map.
 *
 * First the imports are walked and checked (`imports.ts`). Then the bundler runs for a batch of functions (`batches/`).
 * Afterwards each bundle's list of files is checked, and the bundle is analysed (`check/bundle-reader.ts`).
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { DEFAULT_HOSTS } from "../configuration/import-hosts.ts";
import type { FunctionMaxima } from "../configuration/limits.ts";
import { builtPath } from "../machine/assets.ts";
import { BatchQueue } from "./batches/batch-queue.ts";
import { runBatch } from "./batches/batch-run.ts";
import { openBundler } from "./bundler.ts";
import { BundleReader, type ReadBundle } from "./check/bundle-reader.ts";
import { type CheckedUpload, Checker, type PreparedBuild } from "./check/checker.ts";
import { ProcessPool } from "./check/process-pool.ts";
import { openSandbox, PROBE_PREFIX, type SandboxLevel, type SandboxOptions } from "./sandbox.ts";
import type { Upload } from "./upload.ts";

export interface BuilderOptions extends Pick<SandboxOptions, "deno" | "directory" | "hidden" | "levels"> {
	/** The environment variables that builds get for network and certificates (`SSL_CERT_FILE`, `HTTPS_PROXY`, …), and no others. */
	passthrough: Readonly<Record<string, string>>;
	/** The text of the module that replaces std's `http/server.ts`. It imports nothing. */
	stdHttp: string;
	/** The modules that the platform provides: specifier → text. */
	builtins?: ReadonlyMap<string, string>;
	/** The hosts from which `https:` modules may be imported. The default is `DEFAULT_HOSTS`. */
	hosts?: readonly string[];
	/** The maximum time of a build. The default is 60,000. */
	timeoutMs?: number;
	/** The maximum time of the check of an upload. The default is 60,000. */
	checkMs?: number;
	/** The time after which an idle process that checks uploads is ended. The default is 30,000. */
	checkIdleMs?: number;
	/** The maximum memory of each process. The default is 2 GiB. */
	memoryBytesMax?: number;
	/** The maximum size of the bundle. The default is 50 MiB. */
	outputBytesMax?: number;
	/** Whether to find the references of bundles. The default is true. */
	analyzes?: boolean;
}

/** A bundle. Its source map names paths of the upload, `npm:pkg@1.2.3/file.js`, URLs, and `coffer:` for the platform's modules. */
export type Bundle = ReadBundle;

export interface Builder {
	/** The protection of the platform's files from builds. The platform warns at its start if it is `none`. */
	readonly level: SandboxLevel;
	/** The inputs of a bundle other than its files: Deno's version, the permitted hosts. */
	readonly conditions: readonly string[];
	/**
	 * Checks the settings and imports of an upload's functions, and determines the inputs of each build. Builds nothing.
	 * Another process parses the sources.
	 * @param upload the result of `checkUpload`
	 * @param maxima the maxima for settings in `function.jsonc`
	 * @returns for each function the inputs of its build or an error, as `Checker.check` does
	 * @throws AppError `CHECK_FAILED` (exit 1)
	 */
	prepare(upload: Upload, maxima: FunctionMaxima): Promise<CheckedUpload>;
	/**
	 * Builds a bundle and analyses it. Equal sources give equal bytes on every machine, as long as the registries return
	 * the same packages. Builds of one upload that are requested together share runs of the bundler.
	 * @throws AppError `BUILD_FAILED` (exit 1) with file and line if known, `BUILD_TIMEOUT`, `BUILD_TOO_LARGE`,
	 *   `BUILD_ESCAPE` (all exit 1), and the errors of `BundleReader.read`
	 */
	build(prepared: PreparedBuild): Promise<Bundle>;
	/** Ends idle processes. */
	close(): void;
}

/** The maximum time to read and analyse a bundle. */
const READ_MS = 120_000;
/** The maximum size of a file that a build downloads: the bundler itself, and packages. */
const DOWNLOAD_BYTES_MAX = 256 * 1024 * 1024;
/** An older folder is a leftover of a process that was killed. */
const ABANDONED_MS = 60 * 60 * 1000;

/**
 * Opens a builder: finds the sandbox, and removes the leftovers of a crash.
 * @throws AppError `BUILD_SANDBOX` (exit 1) if Deno cannot be run
 */
export async function openBuilder(options: BuilderOptions): Promise<Builder> {
	await cryptoReady;
	const hosts = options.hosts ?? DEFAULT_HOSTS;
	const settings = {
		hosts,
		directory: options.directory,
		passthrough: options.passthrough,
		timeoutMs: options.timeoutMs ?? 60_000,
		outputBytesMax: options.outputBytesMax ?? 50 * 1024 * 1024,
	};
	mkdirSync(options.directory, { recursive: true, mode: 0o700 });
	removeAbandoned(options.directory);
	const sandbox = await openSandbox({
		...options,
		environment: options.passthrough,
		memoryBytesMax: options.memoryBytesMax ?? 2 * 1024 ** 3,
		fileBytesMax: Math.max(DOWNLOAD_BYTES_MAX, 4 * settings.outputBytesMax),
	});
	const { builtins = new Map(), stdHttp } = options;
	const conditions = [sandbox.denoVersion, ...[...hosts].sort()];
	const rules = { hosts, builtins, stdHttp, conditions };
	const { checkIdleMs: idleMs, checkMs: timeoutMs = 60_000 } = options;
	const processes = new ProcessPool({ program: builtPath("check.cjs"), rules, idleMs });
	const checker = new Checker({ processes, checksMax: availableParallelism(), timeoutMs });
	// Checks and bundles have a limit each, because a long analysis must not delay the check of other uploads.
	const reader = new BundleReader({
		processes,
		readsMax: availableParallelism(),
		timeoutMs: READ_MS,
		analyzer: options.analyzes === false ? undefined : builtPath("analysis.cjs"),
	});
	const bundler = openBundler(join(options.directory, "cache"), sandbox.denoVersion);
	const queue = new BatchQueue<ReadBundle>(availableParallelism(), (batch, onBuilt) =>
		runBatch(batch, onBuilt, { bundler, reader, sandbox, settings }),
	);
	return {
		level: sandbox.level,
		conditions,
		prepare: (upload, maxima) => checker.check(upload, maxima),
		build: (prepared) => queue.build(prepared),
		close: () => processes.close(),
	};
}

/** Removes the folders of builds that were killed. Platforms that share the folder create and remove others meanwhile. */
function removeAbandoned(directory: string): void {
	for (const name of readdirSync(directory)) {
		if (!name.startsWith("build-") && !name.startsWith(PROBE_PREFIX)) continue;
		const path = join(directory, name);
		const stats = statSync(path, { throwIfNoEntry: false });
		if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_MS)
			rmSync(path, { recursive: true, force: true });
	}
}
