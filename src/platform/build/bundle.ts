/**
 * Bundles a function's sources into one self-contained module with a source map.
 *
 * First the imports are walked and checked (`imports.ts`). Only the files that the walk reached are written for the
 * bundler, so it cannot use an unchecked file. It runs in a sandbox (`sandbox.ts`). Afterwards the list of files that it
 * reports is checked (`../threads/verify-build.ts`).
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { ancestorsOf } from "../../modules/paths.ts";
import type { FunctionMaxima } from "../configuration/limits.ts";
import { builtPath } from "../machine/assets.ts";
import { buildFailure, cleaner } from "../threads/build-failure.ts";
import { bundlePath, type Output, type OutputRequest } from "../threads/build-output.ts";
import { checkGraphOf, outputOf } from "../threads/compute.ts";
import { BUNDLE_FLAGS, type Bundler, openBundler } from "./bundler.ts";
import { type CheckedUpload, Checker, type PreparedBuild } from "./check/checker.ts";
import type { CheckRules } from "./check/messages.ts";
import { DEFAULT_HOSTS } from "./hosts.ts";
import { DENO, openSandbox, type Sandbox, type SandboxLevel, type SandboxOptions } from "./sandbox.ts";
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
	/** How long an idle process that checks uploads is kept. The default is 30,000. */
	checkIdleMs?: number;
	/** The maximum memory of each process. The default is 2 GiB. */
	memoryBytesMax?: number;
	/** The maximum size of the bundle. The default is 50 MiB. */
	outputBytesMax?: number;
}

/** A bundle. Its source map names paths of the upload, `npm:pkg@1.2.3/file.js`, URLs, and `coffer:` for the platform's modules. */
export type Bundle = Output;

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
	 * Builds a bundle. Equal sources give equal bytes on every machine, as long as the registries return the same packages.
	 * @throws AppError `BUILD_FAILED` (exit 1) with file and line if known, `BUILD_TIMEOUT`, `BUILD_TOO_LARGE`,
	 *   `BUILD_ESCAPE` (all exit 1)
	 */
	build(prepared: PreparedBuild): Promise<Bundle>;
	/** Ends idle processes. */
	close(): void;
}

const LOG_BYTES_MAX = 16 * 1024 * 1024;
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
	const checker = openChecker({ hosts, builtins, stdHttp, conditions }, options);
	const bundler = openBundler(join(options.directory, "cache"), sandbox.denoVersion);
	return {
		level: sandbox.level,
		conditions,
		prepare: (upload, maxima) => checker.check(upload, maxima),
		build: (prepared) => build(prepared, { sandbox, settings, checker, bundler }),
		close: () => checker.close(),
	};
}

function openChecker(rules: CheckRules, { checkMs = 60_000, checkIdleMs }: BuilderOptions): Checker {
	return new Checker({
		program: builtPath("check.cjs"),
		rules,
		processesMax: availableParallelism(),
		timeoutMs: checkMs,
		idleMs: checkIdleMs,
	});
}

interface Settings {
	hosts: readonly string[];
	directory: string;
	passthrough: Readonly<Record<string, string>>;
	timeoutMs: number;
	outputBytesMax: number;
}

interface Tools {
	readonly sandbox: Sandbox;
	readonly settings: Settings;
	readonly checker: Checker;
	readonly bundler: Bundler;
}

async function build(prepared: PreparedBuild, tools: Tools): Promise<Bundle> {
	const { sandbox, settings, checker, bundler } = tools;
	const folder = await mkdtemp(join(settings.directory, "build-"));
	try {
		await writeSources(folder, prepared.files, sandbox);
		const root = sandbox.rootFor(folder);
		const flags = buildFlags(prepared, settings);
		const deadline = performance.now() + settings.timeoutMs;
		const secrets = Object.values(settings.passthrough);
		const clean = cleaner(root.build, secrets);
		const run = async (command: readonly string[]) => {
			const timeoutMs = Math.max(1, deadline - performance.now());
			const limits = { timeoutMs, outputBytesMax: LOG_BYTES_MAX };
			const outcome = await sandbox.run(folder, command, limits);
			if (outcome.timedOut) throw timeout(prepared, settings);
			if (outcome.code !== 0) throw buildFailure(prepared.entry, outcome, clean);
			return outcome.stdout;
		};
		const deno = (...args: string[]) => run([DENO, ...args, ...flags, `./${prepared.entry}`]);
		const request: OutputRequest = {
			entry: prepared.entry,
			paths: [...prepared.files.keys()],
			localNames: prepared.localNames,
			graph: await deno("info", "--json"),
			root,
			folder,
			cache: join(settings.directory, "cache"),
			secrets,
			bytesMax: settings.outputBytesMax,
		};
		await checkGraphOf(request);
		await bundler.install(run);
		await deno("bundle", ...BUNDLE_FLAGS, "--output=../out/bundle.js");
		// The bundle contains packages, which are not checked yet. This process must not parse a bundle that could crash it.
		await checker.assertParses(bundlePath(request));
		return await outputOf(request);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Writes the sources. Every file is new (`wx`) in a new folder, so no path is a link. */
async function writeSources(folder: string, files: PreparedBuild["files"], sandbox: Sandbox): Promise<void> {
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

function buildFlags({ files }: PreparedBuild, { hosts }: Settings): string[] {
	const imports = hosts.map((host) => (host.includes(":") ? host : `${host}:443`)).join(",");
	const lock = files.has(".coffer/deno.lock") ? "--lock=.coffer/deno.lock" : "--no-lock";
	const network = imports === "" ? "--no-remote" : `--allow-import=${imports}`;
	return ["--config", ".coffer/deno.json", lock, network];
}

function timeout({ entry }: PreparedBuild, { timeoutMs }: Settings): AppError {
	const message = `The build of ${entry} took longer than ${timeoutMs / 1000} s.`;
	const hint = "Check that the platform can download its packages, and try again.";
	return new AppError({ code: "BUILD_TIMEOUT", message, hint, exit: EXIT.failure });
}

function removeAbandoned(directory: string): void {
	for (const name of readdirSync(directory)) {
		const path = join(directory, name);
		const isBuild = name.startsWith("build-") || name.startsWith("probe-");
		const isOld = isBuild && Date.now() - statSync(path).mtimeMs > ABANDONED_MS;
		if (isOld) rmSync(path, { recursive: true, force: true });
	}
}
