/**
 * Runs the bundler for a batch.
 *
 * Only the files that the walks of the batch's builds reached (`../imports.ts`) are written for the bundler, so it
 * cannot read an unchecked file. It runs in a sandbox (`../sandbox.ts`). Afterwards each bundle is checked against the
 * files of its own build.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { utf8 } from "../../../bytes.ts";
import { AppError, EXIT } from "../../../errors.ts";
import { printLocal, printPath } from "../../../modules/import-map.ts";
import { ancestorsOf } from "../../../modules/paths.ts";
import { buildFailure, cleaner } from "../../threads/build-failure.ts";
import { BUNDLE_FLAGS, type Bundler } from "../bundler.ts";
import type { BundleReader, ReadBundle } from "../check/bundle-reader.ts";
import { CONFIGURATION, HIDDEN_FOLDER, LOCK } from "../hidden-folder.ts";
import { DENO, type Sandbox } from "../sandbox.ts";
import { type Batch, outputOf } from "./batch.ts";
import type { OnBuilt } from "./batch-queue.ts";

export interface RunSettings {
	/** The hosts from which `https:` modules may be imported. */
	readonly hosts: readonly string[];
	/** The builder's folder. It contains the package cache. */
	readonly directory: string;
	readonly passthrough: Readonly<Record<string, string>>;
	/** The maximum time of a run. */
	readonly timeoutMs: number;
	/** The maximum size of a bundle. */
	readonly outputBytesMax: number;
}

export interface RunTools {
	readonly sandbox: Sandbox;
	readonly settings: RunSettings;
	readonly reader: BundleReader;
	readonly bundler: Bundler;
}

const LOG_BYTES_MAX = 16 * 1024 * 1024;
/** A module that imports all entries of a batch, so that one graph lists what they import. It is not bundled. */
const ENTRIES = `${HIDDEN_FOLDER}/entries.ts`;

/**
 * Builds the bundles of a batch.
 * @param onBuilt called with each bundle, which rejects with the errors of `BundleReader.read`
 * @throws AppError `BUILD_FAILED` (exit 1) with file and line if known, `BUILD_TIMEOUT`, `BUILD_TOO_LARGE`,
 *   `BUILD_ESCAPE`, `BUILD_LOCAL_NAME`, `BUILD_NATIVE` (all exit 1)
 */
export async function runBatch(
	{ builds, files }: Batch,
	onBuilt: OnBuilt<ReadBundle>,
	{ bundler, reader, sandbox, settings }: RunTools,
): Promise<void> {
	// A worker can be an entry of several functions.
	const entries = [...new Set(builds.map(({ entry }) => entry))];
	const [first = ""] = entries;
	const isAlone = entries.length === 1;
	const folder = await mkdtemp(join(settings.directory, "build-"));
	try {
		const written = isAlone ? files : new Map([...files, [ENTRIES, importsOf(entries)] as const]);
		await writeSources(folder, written, sandbox);
		const root = sandbox.rootFor(folder);
		const run = runnerIn(folder, first, { sandbox, settings });
		const flags = buildFlags(written, settings);
		const cache = join(settings.directory, "cache");
		const secrets = Object.values(settings.passthrough);
		// `deno info` reads its argument as a relative URL, and `deno bundle` reads its arguments as paths.
		const url = isAlone ? printPath(first) : ENTRIES;
		const graph = await run([DENO, "info", "--json", ...flags, `./${url}`]);
		const paths = [...written.keys()];
		const localNames = builds[0]?.localNames ?? [];
		await reader.checkGraph({ entry: first, paths, localNames, graph, root, cache, secrets });
		await bundler.install(run);
		const output = isAlone ? "--output=../out/bundle.js" : "--outdir=../out";
		const sources = entries.map((entry) => `./${entry}`);
		await run([DENO, "bundle", ...BUNDLE_FLAGS, output, ...flags, ...sources]);
		const outputs = builds.map((build) => ({
			build,
			output: isAlone ? "bundle.js" : outputOf(build.entry, entries),
		}));
		const isWritten = ({ output }: { output: string }) => isAlone || existsSync(join(folder, "out", output));
		await Promise.all(
			outputs.filter(isWritten).map(({ build, output }) => {
				const paths = [...build.files.keys()];
				const own = { entry: build.entry, isWorker: build.isWorker, paths, output };
				const read = reader.read({ ...own, root, folder, cache, bytesMax: settings.outputBytesMax });
				onBuilt(build, read);
				// Do not refer to the bundle here: it would stay in memory until the last bundle of the batch is read.
				return read.then(noResult, noResult);
			}),
		);
		const missing = outputs.find((one) => !isWritten(one));
		if (missing !== undefined) throw new Error(`The bundler did not write ${missing.output}.`);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function noResult(): void {}

function importsOf(entries: readonly string[]): Uint8Array {
	return utf8(entries.map((entry) => `import ${JSON.stringify(printLocal(entry))};\n`).join(""));
}

/** Returns a function that runs a command in the sandbox and returns its output. All commands share one time limit. */
function runnerIn(
	folder: string,
	entry: string,
	{ sandbox, settings }: Pick<RunTools, "sandbox" | "settings">,
) {
	const deadline = performance.now() + settings.timeoutMs;
	const clean = cleaner(sandbox.rootFor(folder).build, Object.values(settings.passthrough));
	return async (command: readonly string[]): Promise<string> => {
		const timeoutMs = Math.max(1, deadline - performance.now());
		const outcome = await sandbox.run(folder, command, { timeoutMs, outputBytesMax: LOG_BYTES_MAX });
		if (outcome.timedOut) throw timeout(entry, settings);
		if (outcome.code !== 0) throw buildFailure(entry, outcome, clean);
		return outcome.stdout;
	};
}

/** Writes the sources. Every file is new (`wx`) in a new folder, so no path is a link. */
async function writeSources(folder: string, files: Batch["files"], sandbox: Sandbox): Promise<void> {
	const folders = new Set(["src", "out", "root"]);
	for (const path of files.keys()) {
		for (const above of ancestorsOf(path).slice(1)) folders.add(`src/${above}`);
	}
	for (const name of folders) await mkdir(join(folder, name), { mode: 0o700 });
	for (const [path, content] of files) {
		await writeFile(join(folder, "src", path), content, { flag: "wx", mode: 0o600 });
	}
	const made = [...folders, ...[...files.keys()].map((path) => `src/${path}`)];
	await sandbox.adopt([folder, ...made.map((name) => join(folder, name))]);
}

function buildFlags(files: Batch["files"], { hosts }: RunSettings): string[] {
	const imports = hosts.map((host) => (/:\d+$/.test(host) ? host : `${host}:443`)).join(",");
	const lock = files.has(LOCK) ? `--lock=${LOCK}` : "--no-lock";
	const network = imports === "" ? "--no-remote" : `--allow-import=${imports}`;
	return ["--config", CONFIGURATION, lock, network];
}

function timeout(entry: string, { timeoutMs }: RunSettings): AppError {
	const message = `The build of ${entry} took longer than ${timeoutMs / 1000} s.`;
	const hint = "Check that the platform can download its packages, and try again.";
	return new AppError({ code: "BUILD_TIMEOUT", message, hint, exit: EXIT.failure });
}
