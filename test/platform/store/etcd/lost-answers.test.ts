/** Connections that break when an answer is due: every write may have been done, or not. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { cryptoReady, randomBytes } from "../../../../src/crypto.ts";
import { openEtcdStore } from "../../../../src/platform/store/etcd/etcd-store.ts";
import { SealedStore } from "../../../../src/platform/store/sealed/sealed-store.ts";
import type { Store } from "../../../../src/platform/store/store.ts";
import { blobHash } from "../../../../src/protocol/blob-hash.ts";
import { bytesOf, upTo } from "../contract-setup.ts";
import { EtcdCluster } from "./cluster.ts";
import { LossyProxy } from "./lossy-proxy.ts";

const OWNER = "0".repeat(32);

let cluster: EtcdCluster;
let proxy: LossyProxy;
let store: Store;
/** Reaches etcd without the proxy. */
let direct: Store;
let count = 0;
beforeAll(async () => {
	await cryptoReady;
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());
beforeEach(async () => {
	const prefix = `/lossy/${++count}/`;
	proxy = await LossyProxy.open(cluster.endpoints[0] as EtcdCluster["endpoints"][number]);
	store = await openEtcdStore({ endpoints: [proxy.endpoint], prefix });
	direct = await openEtcdStore({ endpoints: cluster.endpoints, prefix });
});
afterEach(async () => {
	await store[Symbol.asyncDispose]();
	await direct[Symbol.asyncDispose]();
	await proxy[Symbol.asyncDispose]();
});

/** Loses the last of so many answers, with these numbers in turns, so that each call sooner or later gets through. */
function loseLastOf(...numbers: readonly number[]): void {
	let [turn, answers] = [0, 0];
	proxy.loseAnswers(() => {
		if (++answers < (numbers[turn % numbers.length] as number)) return false;
		[turn, answers] = [turn + 1, 0];
		return true;
	});
}

test("an append whose answer is lost is acknowledged, and is in the store once", async () => {
	loseLastOf(3);
	for (const turn of upTo(40))
		expect(await store.append("s", turn - 1, `${turn}`)).toEqual({ appended: true, revision: turn });
	expect(proxy.lost).toBeGreaterThan(10);
	expect((await direct.read("s", 0)).map(({ body }) => body)).toEqual(upTo(40).map(String));
});

test("large entries, blobs and deletions are done once, and leave nothing behind", async () => {
	loseLastOf(2, 3, 5);
	const body = "x".repeat(2_500_000);
	for (const turn of upTo(4))
		expect(await store.append("s", turn - 1, body + turn)).toEqual({ appended: true, revision: turn });
	const bytes = bytesOf(2_500_000, 1);
	expect(await store.putBlob(OWNER, bytes)).toBe(blobHash(bytes));
	expect(await store.deleteStreams("none/", { from: undefined, to: "one" })).toBe(true);
	expect(await store.lease("node", "a", 60_000)).toBe(true);
	expect(proxy.lost).toBeGreaterThan(10);
	expect((await direct.read("s", 0)).map((entry) => entry.body)).toEqual(upTo(4).map((turn) => body + turn));
	expect(blobHash((await direct.getBlob(OWNER, blobHash(bytes))) as Uint8Array)).toBe(blobHash(bytes));
	expect(await direct.readSeal()).toBe("one");
	expect(await direct.lease("node", "b", 60_000)).toBe(false);
});

test("a sealed store stays valid, also if a write ends without an answer and was done", async () => {
	const key = randomBytes(32);
	const entry = (text: string) => JSON.stringify({ text, code: "A".repeat(43) });
	const { endpoint } = proxy;
	await using impatient = await openEtcdStore({
		endpoints: [endpoint],
		prefix: `/lossy/${count}/`,
		timeoutMs: 300,
	});
	const sealed = await SealedStore.open(impatient, key);
	expect(await sealed.append("platform", 0, entry("first"))).toMatchObject({ appended: true });
	proxy.loseAnswers(() => true);
	await expect(sealed.append("platform", 1, entry("unknown"))).rejects.toMatchObject({
		code: "STORE_UNREACHABLE",
		exit: 6,
	});
	proxy.loseAnswers(() => false);
	expect(await sealed.append("other", 0, entry("next"))).toEqual({ appended: true, revision: 1 });
	const entries = await direct.read("platform", 0);
	const result = await sealed.append("platform", entries.length, entry("last"));
	expect(result).toEqual({ appended: true, revision: entries.length + 1 });
	(await SealedStore.open(direct, key)).check();
});
