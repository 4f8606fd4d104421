/** Restores of backups to etcd: what they refuse, and what is left when they fail. */
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Filling } from "../../../src/platform/store/etcd/filling.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import { upTo } from "../store/contract-setup.ts";
import type { EtcdCluster } from "../store/etcd/cluster.ts";
import { LossyProxy } from "../store/etcd/lossy-proxy.ts";
import { dump, etcdctl, expectSame, nextPrefix, parsed, startCluster, withShared } from "./etcd-place.ts";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

describe("a restore to etcd", () => {
	test("refuses a prefix with a store, with other keys, or of another restore, and changes nothing", async () => {
		await withShared(async (place, store, url) => {
			const refused = async (prefix: string, code: string) => {
				const before = dump(prefix);
				await expect(
					place.restore(place.target, place.restored, { url: cluster.url(prefix) }),
				).rejects.toMatchObject({ code, exit: 5 });
				expect(dump(prefix)).toBe(before);
				expect(await readdir(place.restored)).toEqual(["lock"]);
			};
			const [foreign, begun, used] = [nextPrefix(), nextPrefix(), new URL(url).pathname];
			etcdctl("put", `${foreign}/key`, "theirs");
			await refused(foreign, "STORE_NOT_EMPTY");
			using _ = await Filling.begin(parsed(begun), {});
			await refused(begun, "STORE_INCOMPLETE");
			await expect(openStore(cluster.url(begun))).rejects.toMatchObject({
				code: "STORE_INCOMPLETE",
				exit: 5,
			});
			await refused(used, "STORE_IN_USE");
			await store[Symbol.asyncDispose]();
			await refused(used, "STORE_NOT_EMPTY");
		});
	});

	test("leaves nothing behind if it fails after the log was written", async () => {
		await withShared(async (place, _, __, [, map = ""]) => {
			const name = Buffer.from(map, "base64url").toString("hex");
			await writeFile(join(place.target, "blobs", name), "other");
			const path = join(place.target, "manifest.json");
			const manifest = JSON.parse(await readFile(path, "utf8"));
			const file = manifest.files.find((one: { path: string }) => one.path.endsWith(name));
			Object.assign(file, { bytes: 5, sha256: createHash("sha256").update("other").digest("hex") });
			await writeFile(path, JSON.stringify(manifest));
			const prefix = nextPrefix();
			await expect(
				place.restore(place.target, place.restored, { url: cluster.url(prefix) }),
			).rejects.toMatchObject({ code: "BACKUP_DAMAGED", exit: 7 });
			expect(dump(prefix)).toBe("");
			expect(await readdir(place.restored)).toEqual(["lock"]);
		});
	});

	test("notices keys that someone else changes meanwhile, and leaves no store", async () => {
		const prefix = nextPrefix();
		using filling = await Filling.begin(parsed(prefix), {});
		const moment = { seal: undefined, heads: new Map<string, number>(), async *entries() {} };
		etcdctl("put", `${prefix}/seal`, "theirs");
		await expect(filling.putLog(moment)).rejects.toMatchObject({ code: "STORE_CHANGED", exit: 7 });
		etcdctl("put", `${prefix}/heads/theirs`, "1");
		await expect(filling.putLog(moment)).rejects.toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
		etcdctl("del", `${prefix}/`, "--prefix");
		await expect(filling.end()).rejects.toMatchObject({ code: "STORE_CHANGED", exit: 7 });
		expect(await filling.abandon()).toBe(true);
		expect(dump(prefix)).toBe("");
	});

	test("takes a transaction whose answer is lost as done", async () => {
		await using proxy = await LossyProxy.open(cluster.endpoints[0] as EtcdCluster["endpoints"][number]);
		const prefix = nextPrefix();
		using filling = await Filling.begin({ ...parsed(prefix), endpoints: [proxy.endpoint] }, {});
		let answers = 0;
		proxy.loseAnswers(() => ++answers % 4 === 0);
		const entries = upTo(1_000).map((revision) => ({ stream: "s", revision, body: `${revision}` }));
		const heads = new Map([["s", 1_000]]);
		await filling.putLog({
			seal: "seal",
			heads,
			entries: async function* () {
				yield entries;
			},
		});
		await filling.end();
		expect(proxy.lost).toBeGreaterThan(5);
		await using store = await openStore(cluster.url(prefix));
		expect((await store.read("s", 0)).map(({ body }) => body)).toEqual(entries.map(({ body }) => body));
	});

	test("writes everything once although answers are lost", async () => {
		await withShared(async (place, store, _, blobs) => {
			await using proxy = await LossyProxy.open(cluster.endpoints[0] as EtcdCluster["endpoints"][number]);
			// Every fourth connection lasts for an entry with all its parts.
			const lasts = [2, 3, 2, 20];
			let [answers, turns] = [0, 0];
			proxy.loseAnswers(() => {
				if (++answers < (lasts[turns % lasts.length] as number)) return false;
				[answers, turns] = [0, turns + 1];
				return true;
			});
			const { host, port } = proxy.endpoint;
			const prefix = nextPrefix();
			await place.restore(place.target, place.restored, { url: `etcd://${host}:${port}${prefix}` });
			expect(proxy.lost).toBeGreaterThan(3);
			await using other = await openStore(cluster.url(prefix), { dataDirectory: place.restored });
			await expectSame(other, store, blobs);
			expect(etcdctl("get", `${prefix}/filling`) + etcdctl("get", `${prefix}/pending/`, "--prefix")).toBe("");
		});
	});

	test("puts blobs into a directory, from which they are backed up", async () => {
		await withShared(async (place, store, _, blobs) => {
			const [prefix, folder] = [nextPrefix(), join(place.root, "elsewhere")];
			const shared = { url: cluster.url(prefix), access: { blobs: folder } };
			await place.restore(place.target, place.restored, shared);
			expect(etcdctl("get", `${prefix}/blob`, "--prefix", "--keys-only")).toBe("");
			await using other = await openStore(shared.url, { ...shared, dataDirectory: place.restored });
			await expectSame(other, store, blobs);
			const made = await place.backup(join(place.root, "b"), {
				dataDirectory: place.restored,
				store: shared,
			});
			expect(made).toMatchObject({ apps: 1, functions: 1, files: 3 });
		});
	});
});
