/** A store with an app and a function, and folders for its backups. Each test has its own. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import {
	type BackupOptions,
	backupPlatform,
	type WrittenBackup,
} from "../../../src/platform/backup/backup.ts";
import {
	type RestoreOptions,
	type RestoreSummary,
	restorePlatform,
} from "../../../src/platform/backup/restore.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { Store } from "../../../src/platform/store/store.ts";

export const EVENTS = "apps/shop/events";
export const CHANGES = "apps/shop/changes";
/** The lifetime of the app, which the second entry of the platform's stream creates. */
export const OWNER = "0123456789abcdef0123456789abcdef";

/** An entry as the platform writes it. Only the platform itself checks the code. */
export const bodyOf = (event: object) => JSON.stringify({ ...event, mac: "code" });

export function deployed(name: string, [bundle, sourceMap]: readonly [string, string]) {
	const found = { references: [], dynamic: [] };
	const deployment = { id: "d1", function: name, bundle, sourceMap, source: "s", ...found };
	return { type: "deployed", deployment, atMs: 2 };
}

/**
 * Fills a store with an app, changes and a function. @returns the hashes of the files from which the function
 * starts
 */
export async function fill(store: Store): Promise<[bundle: string, sourceMap: string]> {
	const created = {
		type: "app-created",
		app: "shop",
		vaultId: "v",
		environment: "production",
		life: OWNER,
		atMs: 1,
	};
	await store.append("platform", 0, bodyOf({ type: "token-created", id: "tok_1" }));
	await store.append("platform", 1, bodyOf(created));
	for (let revision = 0; revision < 20; revision++)
		await store.append(CHANGES, revision, `change ${revision}`);
	const blobs: [string, string] = [
		await store.putBlob(OWNER, utf8("code")),
		await store.putBlob(OWNER, utf8("map")),
	];
	await store.putBlob(OWNER, utf8("a source that was uploaded"));
	await store.append(EVENTS, 0, bodyOf(deployed("pay", blobs)));
	return blobs;
}

export async function everything(store: Store) {
	const names = await store.streams("");
	return Object.fromEntries(
		await Promise.all(names.map(async (name) => [name, await store.read(name, 0)] as const)),
	);
}

export async function expectPrivate(folder: string): Promise<void> {
	for (const name of ["", ...(await readdir(folder, { recursive: true }))]) {
		const found = await stat(join(folder, name));
		expect([name, (found.mode & 0o777).toString(8)]).toEqual([name, found.isDirectory() ? "700" : "600"]);
	}
}

/** The paths `data`, `backup` and `restored` in a new folder. None of them exists yet. */
export class BackupFixture implements AsyncDisposable {
	readonly root: string;
	readonly data: string;
	readonly target: string;
	readonly restored: string;

	private constructor(root: string) {
		this.root = root;
		this.data = join(root, "data");
		this.target = join(root, "backup");
		this.restored = join(root, "restored");
	}

	static async open(): Promise<BackupFixture> {
		return new BackupFixture(await mkdtemp(join(tmpdir(), "coffer-backup-")));
	}

	/** The same, with a backup of a filled store. */
	static async withBackup(): Promise<BackupFixture> {
		const place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		await fill(store);
		await place.backup();
		return place;
	}

	backup(
		target = this.target,
		{ dataDirectory = this.data, store }: Partial<BackupOptions> = {},
	): Promise<WrittenBackup> {
		return backupPlatform({ dataDirectory, target, store, version: "1.2.3", nowMs: 1_800_000_000_000 });
	}

	restore(
		backup = this.target,
		dataDirectory = this.restored,
		store?: RestoreOptions["store"],
	): Promise<RestoreSummary> {
		return restorePlatform({ backup, dataDirectory, store });
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await rm(this.root, { recursive: true, force: true });
	}
}
