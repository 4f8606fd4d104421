/**
 * The private folder of a running `coffer dev`, one for each project and environment. Another command finds the
 * running one there.
 */
import { readlinkSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBoundedSync } from "../../bounded-file.ts";
import { AppError, EXIT } from "../../errors.ts";
import { claimDataDirectory } from "../../platform/store/data-directory.ts";
import { digestOf } from "../results.ts";

const ADDRESS_FILE = "address.json";
const ADDRESS_BYTES_MAX = 4096;
/** Characters of a folder's name. Paths of sockets are short. */
const NAME_LENGTH = 12;

/** A project's environment, and the folder of this device's state. */
export interface DevPlace {
	readonly root: string;
	readonly environment: string;
	/** `$XDG_STATE_HOME/coffer` */
	readonly stateFolder: string;
}

export interface DevFolder extends AsyncDisposable {
	/** Absolute. */
	readonly path: string;
	/** Lets other commands find the gateway. @param url without a slash at its end */
	publish(url: string): Promise<void>;
}

function folderOf({ environment, root, stateFolder }: DevPlace): string {
	return join(stateFolder, "dev", digestOf([root, environment]).slice(0, NAME_LENGTH));
}

/**
 * Locks the folder. The operating system releases the lock when the process ends for any reason.
 * @throws AppError `DEV_RUNNING` (exit 5) if another process has it
 */
export async function takeDevFolder(place: DevPlace): Promise<DevFolder> {
	const path = folderOf(place);
	await mkdir(path, { recursive: true, mode: 0o700 });
	const claimed = await claimDataDirectory(path).catch((error: unknown) => {
		if (error instanceof AppError && error.code === "DATA_DIR_IN_USE") throw alreadyRunning(place, error);
		throw error;
	});
	// A killed process may have left these files.
	const removeFiles = () =>
		Promise.all(
			[ADDRESS_FILE, "store"].map((name) => rm(join(path, name), { recursive: true, force: true })),
		);
	await removeFiles();
	const kept = removeAtExit(path, [ADDRESS_FILE, "store", "run"]);
	return {
		path,
		publish: (url) => writeFile(join(path, ADDRESS_FILE), JSON.stringify({ url }), { mode: 0o600 }),
		async [Symbol.asyncDispose]() {
			await removeFiles();
			claimed.release();
			kept[Symbol.dispose]();
		},
	};
}

/**
 * The gateway of the `coffer dev` that runs for a project's environment.
 * @returns its URL without a slash at its end; undefined if none runs, or if it does not serve yet
 */
export async function findRunningDev(place: DevPlace): Promise<string | undefined> {
	const url = readAddress(place);
	if (url === undefined) return undefined;
	// The file alone may be left from a killed process.
	const claimed = await claimDataDirectory(folderOf(place)).catch((error: unknown) => {
		if (error instanceof AppError) return undefined;
		throw error;
	});
	claimed?.release();
	return claimed === undefined ? url : undefined;
}

/** A folder for one request. Other commands cannot find it, and it is removed at the end. */
export async function makeTemporaryFolder(): Promise<DevFolder> {
	const path = await mkdtemp(join(tmpdir(), "coffer-invoke-"));
	const kept = removeAtExit(path, [""]);
	return {
		path,
		publish: async () => {},
		async [Symbol.asyncDispose]() {
			await rm(path, { recursive: true, force: true });
			kept[Symbol.dispose]();
		},
	};
}

/**
 * Removes files when the process ends, until disposal. The process may end at once after a second Ctrl-C, so the
 * removal is synchronous.
 * @param names below the folder
 */
function removeAtExit(folder: string, names: readonly string[]): Disposable {
	const remove = (path: string) => {
		try {
			// A process that is about to end may still write: 2.8 s of attempts in all.
			rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
		} catch {
			// The next start removes what is left.
		}
	};
	const onExit = () => {
		// The platform's runtime stores its files elsewhere if other users cannot enter the folder.
		const place = linkTarget(join(folder, "run", "place"));
		if (place !== undefined) remove(place);
		for (const name of names) remove(join(folder, name));
	};
	process.on("exit", onExit);
	return { [Symbol.dispose]: () => void process.off("exit", onExit) };
}

function linkTarget(path: string): string | undefined {
	try {
		return readlinkSync(path);
	} catch {
		return undefined;
	}
}

function readAddress(place: DevPlace): string | undefined {
	try {
		const text = readBoundedSync(join(folderOf(place), ADDRESS_FILE), ADDRESS_BYTES_MAX).toString("utf8");
		const { url } = JSON.parse(text) as { url?: unknown };
		return typeof url === "string" ? url : undefined;
	} catch {
		return undefined;
	}
}

function alreadyRunning(place: DevPlace, cause: unknown): AppError {
	const url = readAddress(place);
	const address = url === undefined ? "" : ` at ${url}`;
	return new AppError({
		code: "DEV_RUNNING",
		message: `'coffer dev' already runs for this project and environment '${place.environment}'${address}.`,
		hint: "Stop it with Ctrl-C in its terminal, or use it: coffer functions invoke NAME",
		exit: EXIT.conflict,
		cause,
	});
}
