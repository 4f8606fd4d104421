/** Three members, of which some are killed while stores use them. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEtcdStore } from "../../../../src/platform/store/etcd/etcd-store.ts";
import type { Store, StreamEntry } from "../../../../src/platform/store/store.ts";
import { appendRetrying, fill, revisions, take, upTo } from "../contract-setup.ts";
import { EtcdCluster } from "./cluster.ts";

const PREFIX = "/three/";
const WRITERS = 6;
const TURNS = 40;

let cluster: EtcdCluster;
let stores: Store[];
beforeEach(async () => {
	cluster = await EtcdCluster.start({ size: 3 });
	stores = [];
});
afterEach(async () => {
	for (const store of stores) await store[Symbol.asyncDispose]();
	await cluster[Symbol.asyncDispose]();
});

/** @param first the index of the member that the store tries first */
async function open(first = 0): Promise<Store> {
	const { endpoints } = cluster;
	const store = await openEtcdStore({
		endpoints: [...endpoints.slice(first), ...endpoints.slice(0, first)],
		prefix: PREFIX,
	});
	stores.push(store);
	return store;
}

interface Written {
	readonly body: string;
	/** Undefined if the append was not acknowledged. */
	readonly revision: number | undefined;
}

/** Appends to one stream with all others. @param onWritten called after each append */
async function write(store: Store, writer: number, onWritten: () => Promise<void>): Promise<Written[]> {
	const written: Written[] = [];
	let expected = 0;
	for (const turn of upTo(TURNS)) {
		const body = `${writer}:${turn}`;
		for (;;) {
			const result = await store.append("s", expected, body).catch(() => undefined);
			expected = result?.revision ?? expected;
			if (result !== undefined && !result.appended) continue;
			written.push({ body, revision: result?.revision });
			break;
		}
		await onWritten();
	}
	return written;
}

test("stores each acknowledged append once, while leaders are killed", async () => {
	const store = await open();
	let count = 0;
	const onWritten = async () => {
		count++;
		if (count !== 60 && count !== 150) return;
		const leader = await cluster.leader();
		await cluster.kill(leader);
		void cluster.restart(leader);
	};
	const all = (await Promise.all(upTo(WRITERS).map((writer) => write(store, writer, onWritten)))).flat();
	const entries = await store.read("s", 0);
	expect(revisions(entries)).toEqual(upTo(entries.length));
	const bodies = entries.map(({ body }) => body);
	expect(new Set(bodies).size).toBe(bodies.length);
	for (const { body, revision } of all) if (revision !== undefined) expect(bodies[revision - 1]).toBe(body);
	const known = new Set(all.map(({ body }) => body));
	expect(bodies.filter((body) => !known.has(body))).toEqual([]);
	expect(all.filter(({ revision }) => revision !== undefined).length).toBeGreaterThan(WRITERS * TURNS * 0.9);
});

test("watches without a gap while leaders are killed and history is compacted", async () => {
	const [reader, writer] = [await open(0), await open(1)];
	await fill(writer, "s", 300);
	const iterator = reader.watch("s", 0, new AbortController().signal)[Symbol.asyncIterator]();
	const seen: StreamEntry[] = await take(iterator, 300);
	for (const round of upTo(2)) {
		const leader = await cluster.leader();
		await cluster.kill(leader);
		for (const turn of upTo(20)) await appendRetrying(writer, "s", `${round}:${turn}`);
		await cluster.restart(leader);
		await cluster.compact(300 + 20 * round);
		seen.push(...(await take(iterator, 20)));
	}
	expect(seen).toEqual(await writer.read("s", 0));
	expect(revisions(seen)).toEqual(upTo(340));
});

test("notices that a watched member does not answer any more", async () => {
	const [reader, writer] = [await open(0), await open(1)];
	const iterator = reader.watch("s", 0, new AbortController().signal)[Symbol.asyncIterator]();
	await fill(writer, "s", 1);
	await take(iterator, 1);
	// The connection stays open, and nothing comes over it.
	await cluster.kill(0, "SIGSTOP");
	await appendRetrying(writer, "s", "later");
	expect(revisions(await take(iterator, 1))).toEqual([2]);
});
