/** Sealed stores in the folder of each test. */
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { cryptoReady, randomBytes } from "../../../src/crypto.ts";
import { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { type TestPlace, testPlace } from "../fixtures/core.ts";

/** An entry with the form that the store expects. The store does not check the code. */
export const entry = (text: string) => JSON.stringify({ text, code: "A".repeat(43) });

/** Gives each test of a file a folder and a key. */
export function useSealedStores() {
	let place: TestPlace;
	let key: Uint8Array;
	beforeEach(async () => {
		await cryptoReady;
		key = randomBytes(32);
		place = testPlace();
	});
	afterEach(() => place[Symbol.dispose]());
	const path = (name = "data") => join(place.root, name);
	return {
		/** The path of a store's directory. */
		path,
		/** Opens a store with the key. */
		open: (inner: Store) => SealedStore.open(inner, key),
		/** From now on, stores are opened with another key. */
		changeKey: () => {
			key = randomBytes(32);
		},
		/** Opens a store, uses it and closes it again. */
		withStore: async (work: (store: SealedStore, inner: Store) => Promise<void>, name?: string) => {
			await using inner = await openSqliteStore(path(name));
			await work(await SealedStore.open(inner, key), inner);
		},
	};
}
