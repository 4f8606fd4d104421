/**
 * Moves the whole store of a platform to another place: from a data directory to etcd, back, or between two of a kind. No
 * platform may run meanwhile. The source stays as it is.
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import { copyDataFiles, copyDiffers } from "./backup/moved-files.ts";
import { Gone, openSource, type Source } from "./backup/sources.ts";
import { fillTarget, type Origin } from "./backup/targets.ts";
import { requireDataDirectories, type Side, withFlagsOf } from "./configuration/store-sides.ts";
import { hasLeftDataPlane } from "./data-plane/client/connection.ts";
import { claimDataDirectory } from "./store/data-directory.ts";
import { hashOf } from "./store/moment.ts";
import { claimNodeDirectory } from "./store/node-directory.ts";
import type { DataDirectory } from "./store/private-directory.ts";
import { readSnapshot } from "./store/snapshot.ts";

export interface MigrationSummary {
	/** The data directory of the target. Absolute. Undefined: platforms keep theirs. */
	readonly dataDirectory: string | undefined;
	readonly apps: number;
	readonly functions: number;
	/** Bundles, source maps and sources. */
	readonly blobs: number;
	/** Deno KV stores of apps. */
	readonly stores: number;
	/** Files with logs of functions. */
	readonly logs: number;
}

/** The most attempts to read the log while etcd compacts its history. */
const ATTEMPTS_MAX = 5;

function usedStore(): AppError {
	return new AppError({
		code: "STORE_IN_USE",
		message: "A platform uses the store in etcd that would be moved.",
		hint: "Nothing was written. Stop the platform. If it was killed, wait 15 seconds.",
		exit: EXIT.conflict,
	});
}

function changedMeanwhile(): AppError {
	return new AppError({
		code: "SOURCE_CHANGED",
		message: "The store that is moved has changed meanwhile, so a platform uses it.",
		hint: "Nothing is left of what was written. Stop the platform, and do it again.",
		exit: EXIT.conflict,
	});
}

function functionsRun(directory: string): AppError {
	return new AppError({
		code: "FUNCTIONS_RUNNING",
		message: `Functions of the platform in ${directory} still run, because it was killed or got SIGUSR2.`,
		hint: `Nothing was written. End them: coffer platform stop --data ${directory}`,
		exit: EXIT.conflict,
	});
}

function sameDirectory(directory: string): AppError {
	return new AppError({
		code: "MIGRATION_TO_ITSELF",
		message: `The store in ${directory} would be moved to the directory that it is in.`,
		hint: "Give another directory with --to.",
		exit: EXIT.usage,
	});
}

/** Reads something of the source again if etcd compacts it away meanwhile. @throws AppError the error if that goes on */
async function repeated<T>(work: () => Promise<T>): Promise<T> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await work();
		} catch (error) {
			if (!(error instanceof Gone)) throw error;
			if (attempt === ATTEMPTS_MAX) throw error.fault;
		}
	}
}

/** The source of a migration, as what a target is filled from. */
function originOf(source: Source, side: Side, copied: { stores: number; logs: number }): Origin {
	const named = <T>(work: () => Promise<T>) => withFlagsOf("from", () => repeated(work));
	return {
		putLog: (file) =>
			named(async () => {
				await rm(file, { force: true });
				await source.snapshot(file);
			}),
		readBlob: (blob) => named(() => source.readBlob(blob)),
		putFiles: async (directory, contents) => {
			if (side.dataDirectory === undefined) return;
			Object.assign(copied, await copyDataFiles(side.dataDirectory, directory, contents));
		},
		confirm: async (log) => {
			const [now, copy] = [await named(() => source.hash()), await hashOf(readSnapshot(log))];
			if (now === copy) return;
			// Only etcd cannot be claimed for the time of the migration.
			throw side.kind === "etcd" ? changedMeanwhile() : copyDiffers(log);
		},
	};
}

/** Claims the data directory of the source, and checks that no function of its platform runs. */
async function claimSource(side: Side): Promise<DataDirectory | undefined> {
	const { dataDirectory, kind } = side;
	if (dataDirectory === undefined) return undefined;
	const claimed = await (kind === "etcd" ? claimNodeDirectory : claimDataDirectory)(dataDirectory);
	if (!(await hasLeftDataPlane(dataDirectory))) return claimed;
	claimed.release();
	throw functionsRun(dataDirectory);
}

async function isSame(one: string, other: string): Promise<boolean> {
	const real = (path: string) => realpath(path).catch(() => path);
	return (await real(one)) === (await real(other));
}

async function fill(from: Side, to: Side, source: Source): Promise<MigrationSummary> {
	const copied = { stores: 0, logs: 0 };
	const origin = originOf(source, from, copied);
	const { dataDirectory, store } = to;
	// Between two stores in etcd, platforms keep their data directories. The log passes through a temporary one.
	const folder = dataDirectory ?? (await mkdtemp(join(tmpdir(), "coffer-migration-")));
	try {
		const { apps, blobs, functions } = await withFlagsOf(
			"to",
			() => fillTarget(origin, { dataDirectory: folder, store }),
			to.kind === "etcd" ? "--to-data" : "--to",
		);
		return { dataDirectory, apps, functions, blobs: blobs.size, ...copied };
	} finally {
		if (dataDirectory === undefined) await rm(folder, { recursive: true, force: true });
	}
}

/**
 * Moves a store. The target becomes a store last, when all of it was read again and compared. Each error leaves an empty
 * target behind, except if etcd stops answering.
 * @throws AppError `STORE_IN_USE`, `SOURCE_CHANGED`, `FUNCTIONS_RUNNING` (exit 5), `DATA_DIR_IN_USE` (exit 1),
 * `MIGRATION_TO_ITSELF` (exit 2), `COPY_DIFFERS` (exit 7); and as `requireDataDirectories`, `openSource`, `fillTarget`
 */
export async function migratePlatform(from: Side, to: Side): Promise<MigrationSummary> {
	await cryptoReady;
	await requireDataDirectories(from, to);
	if (from.dataDirectory !== undefined && to.dataDirectory !== undefined)
		if (await isSame(from.dataDirectory, to.dataDirectory)) throw sameDirectory(from.dataDirectory);
	const data = from.kind === "etcd" ? "--from-data" : "--from";
	using source = await withFlagsOf("from", () => openSource(from.dataDirectory, from.store), data);
	const claimed = await claimSource(from);
	try {
		if (await withFlagsOf("from", () => source.isInUse())) throw usedStore();
		return await fill(from, to, source);
	} finally {
		claimed?.release();
	}
}
