/**
 * Fills a store with apps as a platform does: each app is created, its changes are signed by a member and accepted, its
 * deployments are recorded, and its blobs are stored.
 */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { utf8 } from "../../../src/bytes.ts";
import { hash } from "../../../src/crypto.ts";
import { type Identity, identityOf } from "../../../src/identity/identity.ts";
import type { App } from "../../../src/platform/apps/app.ts";
import { Apps } from "../../../src/platform/apps/apps.ts";
import type { Deployment } from "../../../src/platform/functions/function.ts";
import { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { type Change, type Head, makeChange } from "../../../src/protocol/change.ts";
import { MESSAGE_LIMITS } from "../../../src/protocol/messages.ts";
import { openKeys } from "../../../src/vault/chains/environment-keys.ts";
import { verifyChains } from "../../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { formatRecord } from "../../../src/vault/records/record.ts";
import { sealRecord } from "../../../src/vault/records/seal.ts";
import { ENVIRONMENT, TestVault } from "../../../test/platform/fixtures/vault.ts";

/** What each app of a population has. */
export interface Shape {
	readonly functions: number;
	readonly secrets: number;
	/** The length of the app's log. The first sets all secrets (a thousand for each change), and each later one sets one. */
	readonly changes: number;
	/** The size of a function's bundle. The source map is as large, and the source a quarter of it. */
	readonly bundleBytes: number;
}

/** The app that measurements write to. */
export const MEASURED = "app-0";

const VAULT_FILE = "bench.vault";

/** The writer of a platform's population. */
function writerOf({ stateKey }: Identity): Identity {
	return identityOf(hash(utf8("bench/writer"), stateKey));
}

/**
 * A member's vault, which all apps are linked with. So the records are sealed once for all apps, and each app's changes
 * are signed for that app.
 */
export class Member {
	readonly vault: TestVault;
	readonly #records = new Map<string, string>();
	readonly #state;
	readonly #keys;

	private constructor(vault: TestVault) {
		this.vault = vault;
		this.#state = verifyChains(this.vault.document, ENVIRONMENT).state;
		this.#keys = openKeys(this.#state, this.vault.writer);
	}

	/** Makes a vault with the platform as a reader, and keeps it in a file for `open`. */
	static async create(folder: string, platform: Identity): Promise<Member> {
		const vault = new TestVault(writerOf(platform)).add(platform, "reader", "platform");
		await writeFile(join(folder, VAULT_FILE), printVault(vault.document));
		return new Member(vault);
	}

	/** The member that `create` made, in another process. */
	static async open(folder: string, platform: Identity): Promise<Member> {
		const vault = new TestVault(writerOf(platform));
		vault.document = parseVault(await readFile(join(folder, VAULT_FILE), "utf8"));
		return new Member(vault);
	}

	/** A signed change that sets secrets, each to its given version. The first change of an app has the header. */
	change(app: string, base: Head, secrets: readonly (readonly [number: number, version: number])[]): Change {
		const records = secrets.map(([number, version]) => this.#record(`SECRET_${number}`, version));
		const header = base.revision === 0 ? this.vault.header : null;
		return makeChange(this.vault.context(app), base, { header, records }, this.vault.writer);
	}

	#record(name: string, version: number): string {
		const key = `${name}/${version}`;
		const known = this.#records.get(key);
		if (known !== undefined) return known;
		const value = `sk_live_${"x".repeat(40)}`;
		const text = formatRecord(
			sealRecord(this.#state, this.#keys, this.vault.writer, { name, version, value }),
		);
		this.#records.set(key, text);
		return text;
	}
}

/** The change after an app's log of some length: it sets one secret, and they take turns. */
export function nextSecret(revision: number, secrets: number): readonly [number: number, version: number] {
	return [(revision - 1) % secrets, 2 + Math.floor((revision - 1) / secrets)];
}

/** A recorded deployment of usual size: a few secrets, each read at two places, and its source. */
export function deploymentOf(name: string, blobs: readonly string[], secrets: number): Deployment {
	const [bundle = "", sourceMap = "", source = ""] = blobs;
	const file = `functions/${name}/index.ts`;
	const names = Array.from({ length: Math.min(3, secrets) }, (_, index) => `SECRET_${index}`);
	return {
		id: `${name}-000000001`,
		function: name,
		...{ bundle, sourceMap, source: bundle },
		references: names.flatMap((each) =>
			[10, 20].map((line) => ({ name: each, file, line, how: "static" as const })),
		),
		dynamic: [],
		sources: { entry: file, files: [[file, source]] },
	};
}

/** Appends a change, and its result: no function reads it yet. */
async function append(app: App, change: Change): Promise<void> {
	await app.append(change);
	const { operation } = change;
	await app.record(() => ({ type: "redeployed", operation, results: [], untouched: [], atMs: Date.now() }));
}

/** An open store that apps are added to. */
export class Population implements AsyncDisposable {
	readonly #store: Store;
	readonly #apps: Apps;
	readonly #member: Member;
	readonly #shape: Shape;

	private constructor(store: Store, apps: Apps, member: Member, shape: Shape) {
		this.#store = store;
		this.#apps = apps;
		this.#member = member;
		this.#shape = shape;
	}

	/** Opens a store. @param member must be the same for all apps of a store */
	static async open(raw: Store, identity: Identity, member: Member, shape: Shape): Promise<Population> {
		const store = await SealedStore.open(raw, identity.stateKey);
		return new Population(store, await Apps.open({ store, identity, now: Date.now }), member, shape);
	}

	/** Adds apps until there are so many. */
	async growTo(count: number): Promise<void> {
		for (let index = 0; index < count; index++)
			if (this.#apps.find(`app-${index}`) === undefined) await this.#add(`app-${index}`);
	}

	async #add(id: string): Promise<void> {
		const { changes, functions, secrets } = this.#shape;
		const { environment, vaultId } = this.#member.vault.context(id);
		const { app } = await this.#apps.create(id, { environment, vaultId });
		const all = Array.from({ length: secrets }, (_, number) => [number, 1] as const);
		const { recordsPerChange } = MESSAGE_LIMITS;
		for (let from = 0; from < secrets; from += recordsPerChange)
			await append(app, this.#member.change(id, app.state.head, all.slice(from, from + recordsPerChange)));
		for (let revision = 1; revision < changes; revision++)
			await append(
				app,
				this.#member.change(id, app.state.head, [nextSecret(app.state.head.revision, secrets)]),
			);
		if (functions === 0) return;
		const blobs = await this.#keepBlobs(app);
		for (let index = 0; index < functions; index++) {
			const deployment = deploymentOf(`f${index}`, blobs, secrets);
			await app.record(() => ({ type: "deployed", deployment, atMs: Date.now() }));
		}
	}

	/** The functions of an app share their blobs, as functions that are built from the same file do. Apps share none. */
	async #keepBlobs({ lifetimeId }: App): Promise<string[]> {
		const { bundleBytes } = this.#shape;
		const hashes: string[] = [];
		for (const size of [bundleBytes, bundleBytes, bundleBytes / 4])
			hashes.push(await this.#store.putBlob(lifetimeId, randomBytes(size)));
		return hashes;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#store[Symbol.asyncDispose]();
	}
}
