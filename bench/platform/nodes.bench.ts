/** Three nodes on one store in etcd, beside one platform with SQLite: changes, starts, restarts one after the other, memory. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cryptoReady } from "../../src/crypto.ts";
import { formatIdentity, type Identity, newIdentity } from "../../src/identity/identity.ts";
import { EtcdClient } from "../../src/platform/store/etcd/api/client.ts";
import { put, transact } from "../../src/platform/store/etcd/transactions.ts";
import { EtcdCluster } from "../../test/platform/store/etcd/cluster.ts";
import { type Bench, type BenchContext, median, paired, type Row } from "../harness.ts";
import { balance, sendUntil } from "./nodes/balancer.ts";
import { APP, checkServed, functionUrl, LinkedApp, ready } from "./nodes/linked.ts";
import { proportionalMB } from "./nodes/memory.ts";
import { freePort, type RunningPlatform, servedAt, startPlatform } from "./running-platform.ts";

const CHANGE_RATIO_MAX = 2;
/** After this time, platforms have as many spare processes as before a change, and the processes before it have ended. */
const QUIET_MS = 1_000;
const JOIN_MS_MAX = 2_000;
const MEMORY_RATIO_MAX = 1.2;
const RATE = 100;
const DRAIN_SECONDS = 1;

interface Setting {
	readonly context: BenchContext;
	readonly cluster: EtcdCluster;
	readonly identity: Identity;
}

interface Node extends RunningPlatform {
	/** Starts it again at the same addresses. */
	again(): Promise<Node>;
}

/** Starts a platform in a folder of its own. @param addresses of an earlier start */
async function start(
	setting: Setting,
	name: string,
	args: readonly string[],
	addresses?: { readonly listen: string; readonly control: string },
): Promise<Node> {
	const { context, identity } = setting;
	const folder = join(context.folder, name);
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, "platform.identity"), formatIdentity(identity), { mode: 0o600 });
	const at = addresses ?? {
		listen: `127.0.0.1:${await freePort()}`,
		control: `127.0.0.1:${await freePort()}`,
	};
	const own = { ...context, folder, ...at };
	const platform = await startPlatform(own, "--gateways", "1", ...args);
	return { ...platform, again: () => start(setting, name, args, at) };
}

async function commitMs(cluster: EtcdCluster, times: number): Promise<number> {
	const client = new EtcdClient({ endpoints: cluster.endpoints });
	const taken: number[] = [];
	for (let turn = 0; turn < times; turn++) {
		const startMs = performance.now();
		await transact(client, { do: [put(new TextEncoder().encode("/bench/commit"), randomBytes(500))] });
		taken.push(performance.now() - startMs);
	}
	client.close();
	return median(taken);
}

interface Changed {
	readonly nodes: readonly Node[];
	readonly several: LinkedApp;
	readonly alone: { readonly platform: Node; readonly app: LinkedApp };
}

/** @param pauseMs the time between two changes */
async function changeRow(
	{ cluster, context }: Setting,
	figure: string,
	{ alone, nodes, several }: Changed,
	pauseMs: number,
): Promise<Row> {
	const commit = await commitMs(cluster, context.smoke ? 1 : 20);
	const timed = (app: LinkedApp, platforms: readonly Node[]) => async (pair: number) => {
		await setTimeout(pauseMs);
		const value = `${figure}-${pair}`;
		const ms = await app.change(value);
		await checkServed(platforms, value);
		return ms;
	};
	const { floorMs, subjectMs } = await paired(
		timed(several, nodes),
		timed(alone.app, [alone.platform]),
		context.pairs(15),
	);
	const ratio = subjectMs / (floorMs + commit);
	return {
		figure,
		target: `≤ ${CHANGE_RATIO_MAX} × SQLite + a commit`,
		measured: `${ratio.toFixed(2)} × (${subjectMs.toFixed(0)} ms)`,
		beside: `one platform with SQLite: ${floorMs.toFixed(0)} ms; a commit of etcd: ${commit.toFixed(1)} ms`,
		reached: ratio <= CHANGE_RATIO_MAX,
	};
}

async function joinRow(setting: Setting, args: readonly string[], alone: Node): Promise<Row> {
	const value = await (await fetch(functionUrl(alone))).text();
	let single: Node = alone;
	const joined = async (pair: number) => {
		const startMs = performance.now();
		const node = await start(setting, `joins-${pair}`, args);
		await ready(node);
		const answer = await fetch(functionUrl(node));
		const elapsedMs = performance.now() - startMs;
		if (!answer.ok) throw new Error(`a node that joins answers ${answer.status}`);
		await node[Symbol.asyncDispose]();
		return elapsedMs;
	};
	const restarted = async () => {
		await single[Symbol.asyncDispose]();
		const startMs = performance.now();
		single = await single.again();
		const servedMs = await servedAt(functionUrl(single), value);
		return servedMs - startMs;
	};
	const { floorMs, ratio, subjectMs } = await paired(joined, restarted, setting.context.pairs(5));
	await single[Symbol.asyncDispose]();
	return {
		figure: "a new node joins and serves a request",
		target: `≤ ${JOIN_MS_MAX.toLocaleString("en")} ms`,
		measured: `${subjectMs.toFixed(0)} ms (${ratio.toFixed(2)} ×)`,
		beside: `one platform with SQLite: ${floorMs.toFixed(0)} ms`,
		reached: subjectMs <= JOIN_MS_MAX,
	};
}

/** Restarts each node, when the others serve. */
async function rollingRow({ context }: Setting, nodes: Node[]): Promise<Row> {
	const rounds = context.smoke ? 1 : 2;
	const addresses = nodes.map(({ control, listen }) => ({ control, listen }));
	await using balancer = await balance(addresses);
	const ended = new AbortController();
	const loaded = sendUntil(`${balancer.url}/${APP}/value`, context.smoke ? 10 : RATE, ended.signal);
	let restarts = 0;
	const startMs = performance.now();
	for (let round = 0; round < rounds; round++) {
		for (const [index, node] of nodes.slice(0, context.smoke ? 1 : undefined).entries()) {
			await node[Symbol.asyncDispose]();
			nodes[index] = await node.again();
			restarts++;
			await balancer.when(addresses[index] as (typeof addresses)[number], true);
		}
	}
	const seconds = (performance.now() - startMs) / 1000;
	ended.abort();
	const { failures, ms, requests } = await loaded;
	const [fault] = [...balancer.faults, ...failures];
	const p99Ms = ms.toSorted((one, other) => one - other)[Math.floor(ms.length * 0.99)] ?? 0;
	return {
		figure: `${restarts} restarts of three nodes, one after the other, under load (${seconds.toFixed(0)} s)`,
		target: "0 failed",
		measured: `${failures.length} of ${requests.toLocaleString("en")} requests failed`,
		beside: `p99 ${p99Ms.toFixed(1)} ms${fault === undefined ? "" : `; ${fault}`}`,
		reached: fault === undefined,
	};
}

async function memoryRow({ context }: Setting, nodes: readonly Node[], alone: Node): Promise<Row> {
	await setTimeout(context.smoke ? 0 : QUIET_MS);
	const of = nodes.map(({ pid }) => proportionalMB(pid));
	const single = proportionalMB(alone.pid);
	const ratio = median(of) / single;
	return {
		figure: "memory of a node with all its processes (PSS)",
		target: `≤ ${MEMORY_RATIO_MAX} × one platform`,
		measured: `${ratio.toFixed(2)} × (${median(of).toFixed(0)} MB)`,
		beside: `one platform with SQLite: ${single.toFixed(0)} MB`,
		reached: ratio <= MEMORY_RATIO_MAX,
	};
}

export const bench: Bench = {
	name: "several nodes",
	async run(context) {
		await cryptoReady;
		await using cluster = await EtcdCluster.start({ size: context.smoke ? 1 : 3 });
		const identity = newIdentity();
		const setting = { context, cluster, identity };
		const args = ["--store", cluster.url("/bench"), "--drain-delay", String(DRAIN_SECONDS)];
		const nodes: Node[] = [];
		for (const name of context.smoke ? ["a", "b"] : ["a", "b", "c"])
			nodes.push(await start(setting, name, args));
		const alone = await start(setting, "alone", []);
		const several = await LinkedApp.create(nodes[0] as Node, identity);
		const app = await LinkedApp.create(alone, identity);
		const changed = { nodes, several, alone: { platform: alone, app } };
		try {
			return [
				await changeRow(setting, "a change that three nodes serve", changed, context.smoke ? 0 : QUIET_MS),
				await changeRow(setting, "the same, one change right after the other", changed, 0),
				await memoryRow(setting, nodes, alone),
				await joinRow(setting, args, alone),
				await rollingRow(setting, nodes),
			];
		} finally {
			await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
		}
	},
};
