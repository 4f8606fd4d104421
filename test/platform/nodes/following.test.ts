/** Which apps a node follows, and what it reads for that. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import type { Progress } from "../../../src/platform/nodes/announcement.ts";
import { Following } from "../../../src/platform/nodes/following.ts";
import type { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import type { SharedStore, StoreMoment } from "../../../src/platform/store/several-nodes.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { SharedPlatform } from "./node-core.ts";

const APP = "shop";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test("an app is followed although a request has read its streams already, and not again without news", async () => {
	const shared = new SharedPlatform(cluster.url("/following"));
	await using node = await shared.open();
	await node.client.createApp(APP, shared.vault);
	const app = node.core.apps.get(APP);
	await node.client.deploy(APP, { "functions/one/index.ts": 'export default () => new Response("one");' });
	const heads = await node.core.store.heads();
	const complete: StoreMoment = { isComplete: true, heads, removed: [], seal: undefined };
	const reported: Progress[] = [];
	const end = new AbortController();
	const store = {
		async *moments() {
			yield complete;
			await vi.waitFor(() => expect(reported).toHaveLength(1));
			yield complete;
			end.abort();
		},
	};
	const following = new Following({
		store: store as unknown as SharedStore,
		sealed: { follow: async () => undefined } as unknown as SealedStore,
		apps: node.core.apps,
		functionsOf: (each) => node.core.functionsOf(each),
		catchUpPlatform: async () => undefined,
		onFollowed: async (progress) => void reported.push(progress),
		log: NO_LOG,
	});
	await following.run(end.signal);
	expect(reported).toEqual([{ app: APP, revision: app.eventRevision, failed: [] }]);
});

/** Two nodes, of which `second` follows the moments that a test makes. */
async function twoNodes(name: string) {
	const shared = new SharedPlatform(cluster.url(`/${name}`));
	const first = await shared.open();
	await first.client.createApp(APP, shared.vault);
	await first.client.deploy(APP, { "functions/one/index.ts": 'export default () => new Response("one");' });
	const second = await shared.open();
	const heads = async () => await first.core.store.heads();
	const moments = [{ isComplete: true, heads: await heads(), removed: [], seal: undefined }] as StoreMoment[];
	const app = second.core.apps.get(APP);
	const read = vi.spyOn(app, "catchUp");
	const follow = async (revision: number) => {
		const end = new AbortController();
		const following = new Following({
			store: {
				async *moments() {
					yield* moments;
					await vi.waitFor(() => expect(reported.at(-1)).toBe(revision));
					end.abort();
				},
			} as unknown as SharedStore,
			sealed: { follow: async () => undefined } as unknown as SealedStore,
			apps: second.core.apps,
			functionsOf: (each) => second.core.functionsOf(each),
			catchUpPlatform: async () => undefined,
			onFollowed: async (progress) => void reported.push(progress.revision),
			log: NO_LOG,
		});
		const reported: number[] = [];
		await following.run(end.signal);
	};
	/** A moment of the entries that were appended last. */
	const tell = async (streams: readonly string[]) => {
		const last = (await heads()).filter(({ stream }) => streams.some((each) => stream.endsWith(each)));
		moments.push({ isComplete: false, heads: last, removed: [], seal: undefined });
	};
	let version = 0;
	const change = async () => {
		const { head } = first.core.apps.get(APP).state;
		const content = head.revision === 0 ? { header: shared.vault.header } : {};
		const record = shared.vault.record("A", ++version, "v");
		await first.client.send(APP, shared.vault.change(APP, head, [record], content));
	};
	return {
		...{ app, change, first, follow, read, tell },
		[Symbol.asyncDispose]: async () => {
			await second[Symbol.asyncDispose]();
			await first[Symbol.asyncDispose]();
		},
	};
}

test("entries that a moment brings are applied without a read", async () => {
	await using nodes = await twoNodes("told");
	for (let count = 0; count < 2; count++) {
		await nodes.change();
		await nodes.tell(["/changes"]);
		await nodes.tell(["/events"]);
	}
	const { eventRevision, state } = nodes.first.core.apps.get(APP);
	await nodes.follow(eventRevision);
	expect(nodes.read).not.toHaveBeenCalled();
	expect(nodes.app.state.head).toEqual(state.head);
	expect(nodes.app.state.operations).toEqual(state.operations);
});

test("entries are read if moments have brought only the last of several", async () => {
	await using nodes = await twoNodes("several");
	await nodes.change();
	await nodes.change();
	await nodes.tell(["/changes", "/events"]);
	const { eventRevision, state } = nodes.first.core.apps.get(APP);
	await nodes.follow(eventRevision);
	expect(nodes.read).toHaveBeenCalled();
	expect(nodes.app.state.head).toEqual(state.head);
	expect(nodes.app.eventRevision).toBe(eventRevision);
});

test("an event is not applied before its change, nor a later one in place of one that is missing", async () => {
	await using nodes = await twoNodes("missing");
	const { app, change, first } = nodes;
	const other = first.core.apps.get(APP);
	const before = app.eventRevision;
	const entries = async (stream: string, after: number) =>
		(await first.core.store.read(`apps/${APP}/${stream}`, after)).map((entry) => ({
			...entry,
			stream: `apps/${APP}/${stream}`,
		}));
	const ends = () => ({ changes: other.state.head.revision, events: other.eventRevision });
	await change();
	const event = await entries("events", before);
	expect(event).toHaveLength(1);
	expect(await app.take({ entries: event, ends: ends() })).toBe(false);
	expect(app.eventRevision).toBe(before);
	await change();
	const changes = await entries("changes", 0);
	const [, last] = await entries("events", before);
	const incomplete = last === undefined ? changes : [...changes, last];
	expect(await app.take({ entries: incomplete, ends: ends() })).toBe(false);
	expect([app.state.head, app.eventRevision]).toEqual([other.state.head, before]);
	expect(await app.take({ entries: await entries("events", before), ends: ends() })).toBe(true);
	expect(app.state.operations).toEqual(other.state.operations);
});
