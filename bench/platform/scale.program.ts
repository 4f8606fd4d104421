/**
 * Opens a store that `bench/platform/scale.bench.ts` has filled, in a new process, and measures what a platform does with it.
 * Prints the figures as JSON.
 */
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { cryptoReady } from "../../src/crypto.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { readIdentityFile } from "../../src/identity/identity-file.ts";
import { Faults } from "../../src/platform/faults/error-boundary.ts";
import { NO_LOG } from "../../src/platform/faults/log.ts";
import { KvStores } from "../../src/platform/kv/kv-stores.ts";
import { openLogFiles } from "../../src/platform/logs/log-files.ts";
import { SYSTEM_CLOCK } from "../../src/platform/machine/clock.ts";
import { residentBytes } from "../../src/platform/runtime/process/memory-watch.ts";
import { Automations } from "../../src/platform/schedule/automations.ts";
import { openStreams, type Streams } from "../../src/platform/service/streams.ts";
import { removeLeftovers } from "../../src/platform/service/unfinished-deletions.ts";
import { openStore } from "../../src/platform/store/open.ts";
import type { Store } from "../../src/platform/store/store.ts";
import { openSlotFiles } from "../../src/platform/telemetry/figures/slot-files.ts";
import { Metrics } from "../../src/platform/telemetry/metrics.ts";
import { median } from "../harness.ts";
import { deploymentOf, MEASURED, Member, nextSecret } from "./scale/population.ts";

/** A median. On a machine with other work, the time of this process's processors says more than the time of day. */
export interface Time {
	readonly ms: number;
	readonly cpuMs: number;
}

/** What a store costs whose apps have no checkpoints. */
export interface WholeFigures {
	/** The whole history of all apps is read. */
	readonly openWhole: Time;
	/** For each app. */
	readonly checkpoint: Time;
}

/** What a store costs whose apps have checkpoints. */
export interface Figures {
	readonly open: Time;
	readonly leftovers: Time;
	readonly heapBytes: number;
	readonly residentBytes: number;
	readonly change: Time;
	readonly deployed: Time;
	/** All automations of all apps listed. */
	readonly started: Time;
	/** Those of one app listed again. */
	readonly refresh: Time;
	readonly list: Time;
	readonly create: Time;
	readonly remove: Time;
	/** A change after another process has written. Absent if only one process can use the store. */
	readonly foreign?: Time;
}

const collect: () => void = (() => {
	setFlagsFromString("--expose-gc");
	return runInNewContext("gc") as () => void;
})();

async function memory(): Promise<{ heap: number; resident: number }> {
	collect();
	return {
		heap: process.memoryUsage().heapUsed,
		resident: (await residentBytes(process.pid)) ?? Number.NaN,
	};
}

async function timed(work: () => unknown): Promise<Time> {
	const [startMs, before] = [performance.now(), process.cpuUsage()];
	await work();
	const { system, user } = process.cpuUsage(before);
	return { ms: performance.now() - startMs, cpuMs: (user + system) / 1_000 };
}

function medianTime(times: readonly Time[]): Time {
	return { ms: median(times.map(({ ms }) => ms)), cpuMs: median(times.map(({ cpuMs }) => cpuMs)) };
}

async function medianOf(rounds: number, work: (round: number) => unknown): Promise<Time> {
	const times: Time[] = [];
	for (let round = 0; round < rounds; round++) times.push(await timed(() => work(round)));
	return medianTime(times);
}

interface Stage {
	readonly identity: Identity;
	readonly member: Member;
	readonly secrets: number;
	readonly rounds: number;
}

/** What the control API does with a change that no function reads: it appends the change, and the redeploys' result. */
async function change({ apps }: Streams, { member, secrets }: Stage): Promise<void> {
	const app = apps.get(MEASURED);
	const { head } = app.state;
	const made = member.change(MEASURED, head, [nextSecret(head.revision, secrets)]);
	await app.append(made);
	const { operation } = made;
	await app.record(() => ({
		type: "redeployed",
		operation,
		results: [],
		untouched: [],
		atMs: Date.now(),
	}));
}

/** The automations of all apps, as a platform keeps them. No function runs, so none is called. */
function automationsOf({ apps, claims }: Streams, folder: string): Automations {
	const options = { version: "bench", functions: () => [], residentBytes };
	const automations = new Automations({
		...{ apps, claims, instance: () => undefined, faults: new Faults(NO_LOG).function },
		logs: openLogFiles({ directory: join(folder, "logs"), onError: () => undefined }),
		...{ metrics: new Metrics(options), log: NO_LOG, clock: SYSTEM_CLOCK },
	});
	return automations;
}

const NO_CALLBACKS = { onFunctions: () => {}, onDeletedElsewhere: async () => {} };

/** Lets another process's platform write before each change. Only the changes are timed. */
async function foreignChange(url: string, streams: Streams, stage: Stage): Promise<Time> {
	await using other = await openStore(url);
	const theirs = await openStreams(
		{ clock: SYSTEM_CLOCK, identity: stage.identity, store: other },
		NO_CALLBACKS,
	);
	const times: Time[] = [];
	for (let round = 0; round < Math.min(5, stage.rounds); round++) {
		await theirs.apps.get("app-1").record(() => ({ type: "deleted", functions: [], atMs: Date.now() }));
		times.push(await timed(() => change(streams, stage)));
	}
	return medianTime(times);
}

/** Opens a store as a platform does. One in etcd may have several nodes, and an app's checkpoint depends on that. */
const openAsNode = (url: string, folder: string) =>
	openStore(url, { dataDirectory: join(folder, "measured-node") });

/** Opens the streams without checkpoints, and then writes those of all apps. */
async function measureWhole(
	url: string,
	folder: string,
	{ identity }: Pick<Stage, "identity">,
): Promise<WholeFigures> {
	await using store = await openAsNode(url, folder);
	for await (const { stream } of store.checkpoints.read("")) await store.checkpoints.remove(stream);
	let streams: Streams | undefined;
	const openWhole = await timed(async () => {
		streams = await openStreams({ clock: SYSTEM_CLOCK, identity, store }, NO_CALLBACKS);
	});
	if (streams === undefined) throw new Error("The streams are not open.");
	const { apps, checkpoints } = streams;
	const all = apps.list();
	const { cpuMs, ms } = await timed(async () => {
		// As few at once as a platform writes.
		for (let from = 0; from < all.length; from += 16) await checkpoints.write(all.slice(from, from + 16));
	});
	return { openWhole, checkpoint: { ms: ms / all.length, cpuMs: cpuMs / all.length } };
}

async function openedIn(store: Store, stage: Stage, folder: string) {
	const before = await memory();
	let streams: Streams | undefined;
	const { identity } = stage;
	const open = await timed(async () => {
		streams = await openStreams({ clock: SYSTEM_CLOCK, identity, store }, NO_CALLBACKS);
	});
	if (streams === undefined) throw new Error("The streams are not open.");
	const { apps } = streams;
	const onError = (error: unknown) => console.error(error);
	const logs = openLogFiles({ directory: join(folder, "logs"), onError });
	const figures = openSlotFiles(join(folder, "figures"));
	// No app has a Deno KV store, so the thread for them is not started.
	const kv = new KvStores({ directory: join(folder, "kv"), maxBytes: 1, program: "", onError });
	const leftovers = await timed(() => removeLeftovers(apps, { store, logs, kv, figures }));
	const after = await memory();
	const grown = { heapBytes: after.heap - before.heap, residentBytes: after.resident - before.resident };
	return { streams, figures: { open, leftovers, ...grown } };
}

async function measure(url: string, folder: string, stage: Stage): Promise<Figures> {
	await using store = await openAsNode(url, folder);
	const { figures, streams } = await openedIn(store, stage, folder);
	const { apps } = streams;
	const { rounds, secrets } = stage;
	const automations = automationsOf(streams, folder);
	const app = apps.get(MEASURED);
	const deployment = deploymentOf("measured", ["a", "b", "c"], secrets);
	const changed = await medianOf(rounds, () => change(streams, stage));
	const deployed = await medianOf(rounds, () =>
		app.record(() => ({ type: "deployed", deployment, atMs: Date.now() })),
	);
	const started = await timed(() => automations.start({ host: "localhost", timeoutMs: 1_000 }));
	const refresh = await medianOf(rounds, () => automations.refresh(MEASURED));
	const list = await medianOf(rounds, () => JSON.stringify(apps.list().map(({ id }) => id)));
	const { environment, vaultId } = stage.member.vault.context("new");
	const few = Math.min(5, rounds);
	const create = await medianOf(few, (round) => apps.create(`new-${round}`, { environment, vaultId }));
	const remove = await medianOf(few, (round) => apps.delete(`new-${round}`));
	await automations.close(0);
	const all = { ...figures, change: changed, deployed, started, refresh, list, create, remove };
	return url.startsWith("etcd") ? { ...all, foreign: await foreignChange(url, streams, stage) } : all;
}

const [url = "", folder = "", secrets = "", rounds = "", kind = ""] = process.argv.slice(2);
await cryptoReady;
const identity = await readIdentityFile(join(folder, "platform.identity"));
const member = await Member.open(folder, identity);
const stage = { identity, member, secrets: Number(secrets), rounds: Number(rounds) };
console.log(
	JSON.stringify(await (kind === "whole" ? measureWhole(url, folder, stage) : measure(url, folder, stage))),
);
