/**
 * The cost of updating the store's seal with each append: the same store with and without a seal, with
 * entries of usual size.
 */
import { join } from "node:path";
import { cryptoReady, randomBytes } from "../src/crypto.ts";
import { SealedStore } from "../src/platform/store/sealed-store.ts";
import { openSqliteStore } from "../src/platform/store/sqlite.ts";
import type { Store } from "../src/platform/store/store.ts";
import { type Bench, paired, ratioRow } from "./harness.ts";

const APPENDS = 100;
const RATIO_MAX = 1.5;
/**
 * As many streams as a platform with a thousand apps has, so that a seal computed over all of them would show
 * in the time.
 */
const STREAMS = 2_000;
const BODY = JSON.stringify({ type: "deployed", text: "x".repeat(1_000) });

/** Makes a function that appends to a stream and returns the time in ms. */
function appender(store: Store, stream: string): () => Promise<number> {
	let revision = 0;
	return async () => {
		const startMs = performance.now();
		for (let count = 0; count < APPENDS; count++) await store.append(stream, revision++, BODY);
		return performance.now() - startMs;
	};
}

export const bench: Bench = {
	name: "store",
	run: async ({ folder, pairs, smoke }) => {
		await cryptoReady;
		await using plain = await openSqliteStore(join(folder, "plain"));
		await using inner = await openSqliteStore(join(folder, "sealed"));
		const sealed = await SealedStore.open(inner, randomBytes(32));
		for (const store of [plain, sealed])
			for (let at = 0; at < (smoke ? 20 : STREAMS); at++) await store.append(`apps/${at}/events`, 0, BODY);
		const result = await paired(appender(sealed, "platform"), appender(plain, "platform"), pairs(25));
		return [ratioRow(`${APPENDS} appends, sealed`, "the same store without a seal", RATIO_MAX, result)];
	},
};
