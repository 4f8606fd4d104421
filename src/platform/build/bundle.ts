/**
 * Turns a function's sources into one self-contained module with a source map.
 *
 * The modules are walked first (`imports.ts`), and only what the walk reached is written for the bundler to
 * find, so the bundler cannot follow what was not checked. It runs in a sandbox (`sandbox.ts`), and what
 * it says that it used is checked once more (`verify.ts`).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cryptoReady, hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { ancestorsOf } from "../../modules/paths.ts";
import { isCode } from "../../modules/scan.ts";
import { buildFailure, cleaner } from "./failure.ts";
import { FirstAlone } from "./first-alone.ts";
import { checkImports, DEFAULT_HOSTS, type ImportRules } from "./imports.ts";
import { DENO, openSandbox, type Sandbox, type SandboxLevel, type SandboxOptions } from "./sandbox.ts";
import { buildFiles, sourceHash } from "./sources.ts";
import { createTrial } from "./trial.ts";
import { checkGraph, checkSourceMap } from "./verify.ts";

export interface BuilderOptions extends Pick<SandboxOptions, "deno" | "directory" | "hidden" | "levels"> {
	/** What builds need of the environment for network and CA (`SSL_CERT_FILE`, `HTTPS_PROXY` …): nothing else is passed. */
	passthrough: Readonly<Record<string, string>>;
	/** The text of the module that stands in for std's `http/server.ts`, complete in itself. */
	stdHttp: string;
	/** Modules that the platform provides: text by specifier. */
	builtins?: ReadonlyMap<string, string>;
	/** The hosts that `https:` modules may come from; `DEFAULT_HOSTS` where left out. */
	hosts?: readonly string[];
	/** 60,000 where left out. */
	timeoutMs?: number;
	/** Each process's; 2 GiB where left out. */
	memoryBytesMax?: number;
	/** The bundle's; 50 MiB where left out. */
	outputBytesMax?: number;
}

export interface PreparedBuild {
	entry: string;
	/** Hash of everything that the bundle is made from: equal hashes, equal bundles. */
	source: string;
	/** What the bundler gets to see: contents by path. */
	files: ReadonlyMap<string, Uint8Array>;
}

export interface Bundle {
	code: Uint8Array;
	/** JSON. Its sources are the upload's own paths, `npm:pkg@1.2.3/file.js`, URLs, and `coffer:` for the platform's own. */
	sourceMap: string;
	/** Of the code: BLAKE2b-256, url-safe base64. */
	hash: string;
}

export interface Builder {
	/** What keeps a build from the platform's files: to be said at the start where it is `none`. */
	readonly level: SandboxLevel;
	/**
	 * Checks an entry's imports and says what it would be built from. Cheap: nothing is built, and sources that are
	 * new to the builder are only parsed.
	 * @param files contents by path, as `checkUpload` returned them
	 * @throws AppError (exit 2) with file and line, as `checkImports`
	 */
	prepare(files: ReadonlyMap<string, Uint8Array>, entry: string): PreparedBuild;
	/**
	 * Builds. Equal sources give equal bytes, wherever and whenever, as long as the registries say the same.
	 * @throws AppError `BUILD_FAILED` (exit 1) with file and line where there is one, `BUILD_TIMEOUT`,
	 *   `BUILD_TOO_LARGE`, `BUILD_ESCAPE` (all exit 1)
	 */
	build(prepared: PreparedBuild): Promise<Bundle>;
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
	const rules: ImportRules = {
		hosts: options.hosts ?? DEFAULT_HOSTS,
		builtins: options.builtins ?? new Map(),
		stdHttp: options.stdHttp,
	};
	const settings = {
		rules,
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
	const trial = createTrial();
	const bundler = new FirstAlone(join(options.directory, "cache"), sandbox.denoVersion);
	const conditions = [sandbox.denoVersion, ...[...rules.hosts].sort()];
	return {
		level: sandbox.level,
		prepare: (files, entry) => {
			trial.assertParsesNow(new Map([...files].filter(([path]) => isCode(path))));
			const checked = checkImports(files, entry, rules);
			const seen = buildFiles(files, entry, checked);
			return { entry, source: sourceHash(entry, conditions, seen), files: seen };
		},
		build: async (prepared) => {
			const bundle = await bundler.run(() => build(prepared, sandbox, settings));
			// Packages are in it, too, and whoever reads the bundle parses it.
			await trial.assertParses(new Map([["bundle.js", bundle.code]]));
			return bundle;
		},
	};
}

interface Settings {
	rules: ImportRules;
	directory: string;
	passthrough: Readonly<Record<string, string>>;
	timeoutMs: number;
	outputBytesMax: number;
}

async function build(prepared: PreparedBuild, sandbox: Sandbox, settings: Settings): Promise<Bundle> {
	const folder = await mkdtemp(join(settings.directory, "build-"));
	try {
		await writeSources(folder, prepared.files, sandbox);
		const root = sandbox.rootFor(folder);
		const flags = buildFlags(prepared, settings.rules);
		const deadline = performance.now() + settings.timeoutMs;
		const clean = cleaner(root.build, Object.values(settings.passthrough));
		const deno = async (...args: string[]) => {
			const timeoutMs = Math.max(1, deadline - performance.now());
			const limits = { timeoutMs, outputBytesMax: LOG_BYTES_MAX };
			const outcome = await sandbox.run(folder, [DENO, ...args, ...flags, `./${prepared.entry}`], limits);
			if (outcome.timedOut) throw timeout(prepared, settings);
			if (outcome.code !== 0) throw buildFailure(prepared.entry, outcome, clean);
			return outcome.stdout;
		};
		checkGraph(await deno("info", "--json"), prepared, root, clean);
		await deno("bundle", "--sourcemap=external", "--platform=deno", "--output=../out/bundle.js");
		const code = readOutput(folder, "bundle.js", settings.outputBytesMax, prepared);
		const map = readOutput(folder, "bundle.js.map", 2 * settings.outputBytesMax, prepared);
		const cache = join(settings.directory, "cache");
		const sourceMap = checkSourceMap(map.toString("utf8"), prepared, root, cache);
		return { code: new Uint8Array(code), sourceMap, hash: toBase64(hash(code)) };
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

/** What the build wrote. No link in its place is followed: the build may not choose what the platform reads. */
function readOutput(folder: string, name: string, bytesMax: number, { entry }: PreparedBuild): Buffer {
	const path = join(realpathSync(folder), "out", name);
	const isOwn = existsSync(path) && realpathSync(path) === path && statSync(path).isFile();
	if (!isOwn) {
		const message = `${entry} does not build: the bundler wrote no bundle.`;
		throw new AppError({
			code: "BUILD_FAILED",
			message,
			hint: "See that the entry is a module.",
			exit: EXIT.failure,
		});
	}
	if (statSync(path).size <= bytesMax) return readFileSync(path);
	const message = `The bundle of ${entry} is larger than ${bytesMax / 1024 / 1024} MB.`;
	const hint = "Import less, or smaller packages.";
	throw new AppError({ code: "BUILD_TOO_LARGE", message, hint, exit: EXIT.failure });
}

function buildFlags({ files }: PreparedBuild, { hosts }: ImportRules): string[] {
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
