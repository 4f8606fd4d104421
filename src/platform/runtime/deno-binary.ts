/**
 * Finds the native Deno binary. The npm package `deno` starts it through a Node script that leaves the
 * real process behind when it is killed, so that script is never used.
 */
import { execFile } from "node:child_process";
import { access, constants, open } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { AppError, EXIT } from "../../errors.ts";

/** Older versions do not check the addresses that a host name resolves to against `--deny-net`. */
const OLDEST = { major: 2, minor: 9 };

export interface DenoSearch {
	/** What `COFFER_DENO` says: nothing else is looked at when it is given. */
	explicit?: string | undefined;
	/** The value of `PATH`. */
	searchPath?: string | undefined;
}

async function isNativeBinary(path: string): Promise<boolean> {
	try {
		await access(path, constants.X_OK);
		const file = await open(path);
		try {
			const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
			return bytesRead === 2 && buffer.toString("latin1") !== "#!";
		} finally {
			await file.close();
		}
	} catch {
		return false;
	}
}

/** Where the npm package keeps this machine's binary; it may be nested below `deno`. */
function npmCandidates(): string[] {
	const { platform, arch } = process;
	const targets = platform === "linux" ? ["glibc", "musl"].map((libc) => `${arch}-${libc}`) : [arch];
	const executable = platform === "win32" ? "deno.exe" : "deno";
	const own = createRequire(import.meta.url);
	const resolvers = [own];
	const found: string[] = [];
	try {
		resolvers.push(createRequire(own.resolve("deno/package.json")));
	} catch {
		// The package is not installed.
	}
	for (const resolver of resolvers) {
		for (const target of targets) {
			try {
				const manifest = resolver.resolve(`@deno/${platform}-${target}/package.json`);
				found.push(join(dirname(manifest), executable));
			} catch {
				// Not this target, or not below this package.
			}
		}
	}
	return found;
}

async function isRecent(binary: string): Promise<boolean> {
	try {
		const { stdout } = await promisify(execFile)(binary, ["--version"], { env: {} });
		const [, major, minor] = /^deno (\d+)\.(\d+)\./.exec(stdout) ?? [];
		const difference = Number(major) - OLDEST.major;
		return difference > 0 || (difference === 0 && Number(minor) >= OLDEST.minor);
	} catch {
		return false;
	}
}

function notFound(message: string): AppError {
	return new AppError({
		code: "DENO_NOT_FOUND",
		message,
		hint:
			"Name a native Deno binary in COFFER_DENO, put one on the PATH, " +
			"or install the npm package beside Coffer: npm install --global deno",
		exit: EXIT.failure,
	});
}

/**
 * The path of a native Deno binary of a version that the sandbox can rely on: the explicit one, else the
 * first on the search path, else the npm package's.
 * @throws AppError `DENO_NOT_FOUND` (exit 1)
 */
export async function findDeno(search: DenoSearch = {}): Promise<string> {
	const version = `${OLDEST.major}.${OLDEST.minor}`;
	const { explicit } = search;
	if (explicit !== undefined && explicit !== "") {
		if ((await isNativeBinary(explicit)) && (await isRecent(explicit))) return explicit;
		throw notFound(
			`COFFER_DENO names ${explicit}, which is not a native Deno binary of version ${version} or later.`,
		);
	}
	const folders = (search.searchPath ?? "").split(delimiter).filter((folder) => folder !== "");
	const executable = process.platform === "win32" ? "deno.exe" : "deno";
	for (const candidate of [...folders.map((folder) => join(folder, executable)), ...npmCandidates()]) {
		if ((await isNativeBinary(candidate)) && (await isRecent(candidate))) return candidate;
	}
	throw notFound(`No native Deno binary of version ${version} or later was found.`);
}
