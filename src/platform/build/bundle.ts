/**
 * Turns a function's sources into one self-contained module with a source map.
 *
 * The modules are walked first (`imports.ts`), and only what the walk reached is written for the bundler to
 * find, so the bundler cannot follow what was not checked. It runs in a sandbox (`sandbox.ts`), and what
 * it says that it used is checked once more (`../threads/verify-build.ts`).
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
import { type CheckedUpload, Checker, type PreparedBuild } from "./check/checker.ts";
import type { CheckRules } from "./check/messages.ts";
import { FirstAlone } from "./first-alone.ts";
import { DEFAULT_HOSTS } from "./hosts.ts";
import { DENO, openSandbox, type Sandbox, type SandboxLevel, type SandboxOptions } from "./sandbox.ts";
import type { Upload } from "./upload.ts";

export interface BuilderOptions extends Pick<SandboxOptions, "deno" | "directory" | "hidden" | "levels"> {
	/** What builds need of the environment for network and CA (`SSL_CERT_FILE`, `HTTPS_PROXY` …): nothing else is passed. */
	passthrough: Readonly<Record<string, string>>;
	/** The text of the module that stands in for std's `http/server.ts`, complete in itself. */
	stdHttp: string;
	/** Modules that the platform provides: text by specifier. */
	builtins?: ReadonlyMap<string, string>;
	/** The hosts that `https:` modules may come from; `DEFAULT_HOSTS` where left out. */
	hosts?: readonly string[];
	/** What a build may take; 60,000 where left out. */
	timeoutMs?: number;
	/** What checking an upload before that may take; 60,000 where left out. */
	checkMs?: number;
	/** How long a process that checks uploads is kept when nobody uses it; 30,000 where left out. */
	checkIdleMs?: number;
	/** Each process's; 2 GiB where left out. */
	memoryBytesMax?: number;
	/** The bundle's; 50 MiB where left out. */
	outputBytesMax?: number;
}

/** Its source map's sources are the upload's own paths, `npm:pkg@1.2.3/file.js`, URLs, and `coffer:` for the platform's own. */
export type Bundle = Output;

export interface Builder {
	/** What keeps a build from the platform's files: to be said at the start where it is `none`. */
	readonly level: SandboxLevel;
	/** What else decides what a bundle is: Deno's version, the hosts that are allowed. */
	readonly conditions: readonly string[];
	/**
	 * Checks the settings and imports of an upload's functions, and says what each would be built from. Nothing is built, and
	 * nothing is parsed by this process.
	 * @param upload as `checkUpload` returned it
	 * @param maxima what a `function.jsonc` may ask for at most
	 * @returns for each function what it would be built from, or what is wrong with it, as `Checker.check`
	 * @throws AppError `CHECK_FAILED` (exit 1)
	 */
	prepare(upload: Upload, maxima: FunctionMaxima): Promise<CheckedUpload>;
	/**
	 * Builds. Equal sources give equal bytes, wherever and whenever, as long as the registries say the same.
	 * @throws AppError `BUILD_FAILED` (exit 1) with file and line where there is one, `BUILD_TIMEOUT`,
	 *   `BUILD_TOO_LARGE`, `BUILD_ESCAPE` (all exit 1)
	 */
	build(prepared: PreparedBuild): Promise<Bundle>;
	/** Ends the processes that it keeps. */
	close(): void;
}

const LOG_BYTES_MAX = 16 * 1024 * 1024;
/** The bundler itself and packages are files that a build writes, too. */
const DOWNLOAD_BYTES_MAX = 256 * 1024 * 1024;
/** A folder that is older was left by a process that died. */
const ABANDONED_MS = 60 * 60 * 1000;

/**
 * Opens a builder: finds the sandbox and clears what a crash left behind.
 * @throws AppError `BUILD_SANDBOX` (exit 1) where Deno cannot be run
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
	const bundler = new FirstAlone(join(options.directory, "cache"), sandbox.denoVersion);
	return {
		level: sandbox.level,
		conditions,
		prepare: (upload, maxima) => checker.check(upload, maxima),
		build: (prepared) => bundler.run(() => build(prepared, sandbox, settings, checker)),
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

async function build(
	prepared: PreparedBuild,
	sandbox: Sandbox,
	settings: Settings,
	checker: Checker,
): Promise<Bundle> {
	const folder = await mkdtemp(join(settings.directory, "build-"));
	try {
		await writeSources(folder, prepared.files, sandbox);
		const root = sandbox.rootFor(folder);
		const flags = buildFlags(prepared, settings);
		const deadline = performance.now() + settings.timeoutMs;
		const secrets = Object.values(settings.passthrough);
		const clean = cleaner(root.build, secrets);
		const deno = async (...args: string[]) => {
			const timeoutMs = Math.max(1, deadline - performance.now());
			const limits = { timeoutMs, outputBytesMax: LOG_BYTES_MAX };
			const outcome = await sandbox.run(folder, [DENO, ...args, ...flags, `./${prepared.entry}`], limits);
			if (outcome.timedOut) throw timeout(prepared, settings);
			if (outcome.code !== 0) throw buildFailure(prepared.entry, outcome, clean);
			return outcome.stdout;
		};
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
		await deno("bundle", "--sourcemap=external", "--platform=deno", "--output=../out/bundle.js");
		// Packages are in it, too, and whoever searches the bundle parses it.
		await checker.assertParses(bundlePath(request));
		return await outputOf(request);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Every file is new (`wx`) in a folder that was made for it alone, so nothing in there is a link. */
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
	const hint = "See that its packages can be downloaded from here, and try again.";
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
