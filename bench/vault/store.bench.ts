/**
 * The cost of updating the store's seal with each append: the same store with and without a seal, with
 * entries of usual size. And the cost of appends to a store in etcd, beside transactions of etcd of the same size.
 */
import { join } from "node:path";
import { utf8 } from "../../src/bytes.ts";
import { cryptoReady, randomBytes } from "../../src/crypto.ts";
import { EtcdClient } from "../../src/platform/store/etcd/api/client.ts";
import { openEtcdStore } from "../../src/platform/store/etcd/etcd-store.ts";
import { isValue, put, transact } from "../../src/platform/store/etcd/transactions.ts";
import { SealedStore } from "../../src/platform/store/sealed/sealed-store.ts";
import { openSqliteStore } from "../../src/platform/store/sqlite.ts";
import type { Store } from "../../src/platform/store/store.ts";
import { EtcdCluster } from "../../test/platform/store/etcd/cluster.ts";
import { type Bench, paired, type Row, ratioRow } from "../harness.ts";

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

const WRITERS = 8;
const CHANGES = 1_000;
const ETCD_RATIO_MAX = 2;

/** Runs `CHANGES` writes, by writers that each wait for their own. @returns the time in ms */
async function timeWriters(changes: number, write: (writer: number, turn: number) => Promise<boolean>) {
	const startMs = performance.now();
	const writers = Array.from({ length: WRITERS }, async (_, writer) => {
		for (let turn = 0; turn < changes / WRITERS; turn++)
			if (!(await write(writer, turn))) throw new Error("A write was not done.");
	});
	await Promise.all(writers);
	return performance.now() - startMs;
}

/** Appends to a store in etcd, beside transactions that compare and put a number, and put a value. */
async function benchEtcd(changes: number, pairs: number): Promise<Row> {
	await using cluster = await EtcdCluster.start();
	const { endpoints } = cluster;
	await using store = await openEtcdStore({ endpoints, prefix: "/bench/" });
	const client = new EtcdClient({ endpoints });
	const append = (pair: number) =>
		timeWriters(
			changes,
			async (writer, turn) => (await store.append(`${pair}/${writer}`, turn, BODY)).appended,
		);
	const raw = (pair: number) =>
		timeWriters(changes, async (writer, turn) => {
			const head = utf8(`/raw/${pair}/${writer}`);
			const value = turn === 0 ? undefined : utf8(`${turn}`);
			const changes = [
				put(head, utf8(`${turn + 1}`)),
				put(utf8(`/raw/${pair}/${writer}/${turn}`), utf8(BODY)),
			];
			return (await transact(client, { when: [isValue(head, value)], do: changes })).succeeded;
		});
	try {
		const result = await paired(append, raw, pairs);
		const figure = `${changes.toLocaleString("en")} appends by ${WRITERS} writers, in etcd`;
		return ratioRow(figure, "as many transactions", ETCD_RATIO_MAX, result);
	} finally {
		client.close();
	}
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
		return [
			ratioRow(`${APPENDS} appends, sealed`, "the same store without a seal", RATIO_MAX, result),
			await benchEtcd(smoke ? 80 : CHANGES, pairs(9)),
		];
	},
};
