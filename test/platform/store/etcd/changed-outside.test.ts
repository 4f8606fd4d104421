/** Keys that someone changed, and parts that an interrupted writer left. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openEtcdStore } from "../../../../src/platform/store/etcd/etcd-store.ts";
import { bytesOf } from "../contract-setup.ts";
import { EtcdCluster } from "./cluster.ts";

const OWNER = "0".repeat(32);
const LARGE = "x".repeat(3_000_000);

let cluster: EtcdCluster;
let prefix: string;
let count = 0;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());
beforeEach(() => {
	prefix = `/changed/${++count}/`;
});

const open = () => openEtcdStore({ endpoints: cluster.endpoints, prefix });

function etcdctl(...words: string[]): string {
	const [{ host, port } = { host: "", port: 0 }] = cluster.endpoints;
	const env = { ...process.env, ETCDCTL_API: "3" };
	return execFileSync("etcdctl", ["--endpoints", `${host}:${port}`, ...words], { env, encoding: "utf8" });
}

/** The names of the keys below a folder. */
function keys(folder: string): string[] {
	const lines = etcdctl("get", prefix + folder, "--prefix", "--keys-only").split("\n");
	return lines.filter((line) => line !== "");
}

test.each<[string, () => void]>([
	["the first entry deleted", () => etcdctl("del", `${prefix}entries/s`, `${prefix}entries/s\u00010`)],
	["the head deleted", () => etcdctl("put", `${prefix}heads/s`, "3")],
	["the head unreadable", () => etcdctl("put", `${prefix}heads/s`, "two")],
	["a part deleted", () => etcdctl("del", `${prefix}parts/`, "--prefix")],
])("%s: reading and watching fail with exit 7", async (_, damage) => {
	await using store = await open();
	await store.append("s", 0, "one");
	await store.append("s", 1, LARGE);
	damage();
	await expect(store.read("s", 0)).rejects.toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
	const watch = store.watch("s", 0, new AbortController().signal)[Symbol.asyncIterator]();
	await expect(watch.next()).rejects.toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
});

test("a blob without a part is refused, and storing it again repairs it", async () => {
	await using store = await open();
	const bytes = bytesOf(2_500_000, 1);
	const hash = await store.putBlob(OWNER, bytes);
	etcdctl("del", `${prefix}blob-parts/`, "--prefix");
	await expect(store.getBlob(OWNER, hash)).rejects.toMatchObject({ code: "BLOB_DAMAGED", exit: 7 });
	await store.putBlob(OWNER, bytes);
	expect((await store.getBlob(OWNER, hash))?.length).toBe(bytes.length);
});

test("what a writer left that ended in the middle is invisible, and removed when its time has passed", async () => {
	const store = await open();
	const writes = [store.append("s", 0, "y".repeat(30_000_000)), store.putBlob(OWNER, bytesOf(30_000_000, 1))];
	const ends = Promise.allSettled(writes);
	while (keys("parts/").length === 0 || keys("blob-parts/").length === 0) await store.read("s", 0);
	await store[Symbol.asyncDispose]();
	expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
	await using next = await open();
	expect(await next.read("s", 0)).toEqual([]);
	expect(keys("parts/").length * keys("blob-parts/").length).toBeGreaterThan(0);
	// As etcd does when the leases end.
	etcdctl("del", `${prefix}alive/`, "--prefix");
	await using _ = await open();
	expect(keys("")).toEqual([`${prefix}format`]);
});

test("an append to a stream that is deleted while its parts are being written is complete", async () => {
	await using store = await open();
	const body = "z".repeat(30_000_000);
	const append = store.append("s", 0, body);
	while (keys("parts/").length === 0) await store.read("s", 0);
	await store.deleteStreams("s");
	expect(await append).toEqual({ appended: true, revision: 1 });
	expect((await store.read("s", 0))[0]?.body).toBe(body);
});

test("nothing stays of deleted streams and owners", async () => {
	await using store = await open();
	await store.append("apps/a/events", 0, LARGE);
	await store.append("apps/a/changes", 0, "one");
	await store.putBlob(OWNER, bytesOf(2_500_000, 1));
	await store.putBlob(OWNER, bytesOf(50, 1));
	await store.deleteStreams("apps/a/");
	await store.dropBlobs(OWNER);
	expect(keys("")).toEqual([`${prefix}format`]);
});
