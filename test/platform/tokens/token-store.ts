/** A registry of tokens over a store of its own for each test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import { Apps } from "../../../src/platform/apps/apps.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { TokenRegistry } from "../../../src/platform/tokens/tokens.ts";
import type { Scope } from "../../../src/protocol/routes.ts";
import { newTestIdentity } from "../fixtures/vault.ts";

export const fingerprint = "q80x_-ABCDEFGHIJKLMNOA";
export const NOW = 1_800_000_000_000;
export const SCOPES: readonly Scope[] = ["admin", "deploy", "sync", "read"];
/** The vault and the environment of an app. */
export const BOUND = { vaultId: "v", environment: "production" };

const STATE_KEY = new Uint8Array(32).fill(7);

/** What the tests of a file do with the store of the running test. */
export interface TokenStore {
	readonly store: Store;
	/** Opens the registry, as a platform does when it starts. */
	open(stateKey?: Uint8Array): Promise<TokenRegistry>;
	/** Opens the apps of the same store. Their entries reach the registry. */
	openApps(registry: TokenRegistry): Promise<Apps>;
	/** The bodies of the whole stream. */
	stored(): Promise<string[]>;
	/** Appends an entry, as an attacker would who can write to the store. */
	appendRaw(body: string): Promise<void>;
}

/** Gives each test of the calling file a store of its own. */
export function useTokenStore(): TokenStore {
	let root: string;
	let store: Store;
	beforeEach(async () => {
		await cryptoReady;
		root = await mkdtemp(join(tmpdir(), "coffer-tokens-"));
		store = await openSqliteStore(join(root, "data"));
	});
	afterEach(async () => {
		await store[Symbol.asyncDispose]();
		await rm(root, { recursive: true, force: true });
	});
	return {
		get store() {
			return store;
		},
		open: (stateKey = STATE_KEY) => TokenRegistry.open({ store, fingerprint, stateKey }),
		openApps(registry) {
			const identity = { ...newTestIdentity(), stateKey: STATE_KEY };
			return Apps.open({ store, identity, now: () => NOW, onEntry: () => registry.catchUp() });
		},
		stored: async () => (await store.read("platform", 0)).map((entry) => entry.body),
		appendRaw: async (body) => {
			await store.append("platform", (await store.read("platform", 0)).length, body);
		},
	};
}
