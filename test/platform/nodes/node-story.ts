/** A platform of several nodes in this process, on one store in etcd, and a project that is linked to it. */
import { join } from "node:path";
import { expect } from "vitest";
import { Apps } from "../../../src/platform/apps/apps.ts";
import type { TlsFiles } from "../../../src/platform/configuration/certificate.ts";
import { type Log, NO_LOG } from "../../../src/platform/faults/log.ts";
import type { Clock } from "../../../src/platform/machine/clock.ts";
import { type Platform, startPlatform } from "../../../src/platform/server.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import type { Change } from "../../../src/protocol/change.ts";
import type { ChangeEvent } from "../../../src/protocol/messages.ts";
import { type PlatformStatus, statusSchema } from "../../../src/protocol/nodes.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { TestClient } from "../fixtures/client.ts";
import { sharedParts, type TestPlace, testPlace } from "../fixtures/core.ts";
import { newTestIdentity, TestVault } from "../fixtures/vault.ts";

export const APP = "shop";
/** The query of a request that ends when all nodes have followed. */
export const WAIT_FOR_NODES = "?wait=30";

export interface NodeOptions {
	/** The URL of the store for this node. */
	readonly storeUrl: string;
	readonly staleAfterMs?: number;
	readonly log?: Log;
	/** The URL for other nodes. By default, they reach this one at its own address. Null: it has none. */
	readonly advertise?: string | null;
	/** The certificate of its control API. */
	readonly tls?: TlsFiles;
	readonly clock?: Clock;
	/** The number of gateway processes. 0, the default: the platform's own process serves requests. */
	readonly gateways?: number;
}

/** One node. */
export class TestNode {
	readonly platform: Platform;
	readonly client: TestClient;

	constructor(platform: Platform, token: string) {
		this.platform = platform;
		this.client = new TestClient((path, init) => fetch(platform.controlUrl + path, init), token);
	}

	/** Calls a function of the app. */
	async call(name: string): Promise<{ status: number; text: string }> {
		const response = await fetch(`${this.platform.listenUrl}/${APP}/${name}`);
		return { status: response.status, text: await response.text() };
	}

	async status(): Promise<PlatformStatus> {
		return statusSchema.parse(await (await this.client.call(ROUTES.status, {})).json());
	}

	async isReady(): Promise<boolean> {
		return (await this.client.call(ROUTES.ready, {})).ok;
	}
}

export class NodeStory implements AsyncDisposable {
	readonly #places: TestPlace[] = [];
	readonly #identity = newTestIdentity();
	readonly vault = new TestVault().add(this.#identity, "reader", "platform");
	readonly nodes: TestNode[] = [];
	#token = "";
	#isLinked = false;

	/** Starts a node. @param place the number of an earlier node whose data directory it has */
	async start(options: NodeOptions, place?: number): Promise<TestNode> {
		const { advertise, clock, gateways, log = NO_LOG, staleAfterMs, storeUrl, tls } = options;
		const own = place === undefined ? testPlace(gateways) : (this.#places[place] as TestPlace);
		if (place === undefined) this.#places.push(own);
		const reached =
			advertise === undefined ? `${tls ? "https" : "http"}://127.0.0.1:0` : (advertise ?? undefined);
		const config = { ...own.config, storeUrl, storeAccess: { staleAfterMs }, advertise: reached, tls };
		const shared = await sharedParts(config);
		const parts = { identity: this.#identity, log, ...(clock && { clock }), ...shared };
		const platform = await startPlatform(config, parts);
		this.#token ||= platform.firstToken ?? "";
		const node = new TestNode(platform, this.#token);
		this.nodes.push(node);
		return node;
	}

	/** The folder of a node's data. */
	data(index: number): string {
		return join((this.#places[index] as TestPlace).root, "data");
	}

	/** Sets secrets, each with its version and value, by way of a node. */
	async send(
		node: TestNode,
		records: readonly (readonly [name: string, version: number, value: string | undefined])[],
		query = WAIT_FOR_NODES,
	): Promise<ChangeEvent[]> {
		return await node.client.send(APP, await this.#change(node, records), query);
	}

	async #change(node: TestNode, records: Parameters<NodeStory["send"]>[1]): Promise<Change> {
		const { revision, head } = this.#isLinked
			? await node.client.showApp(APP)
			: await node.client.createApp(APP, this.vault);
		const content = this.#isLinked ? {} : { header: this.vault.header };
		this.#isLinked = true;
		const sealed = records.map(([name, version, value]) => this.vault.record(name, version, value));
		return this.vault.change(APP, { revision, head }, sealed, content);
	}

	/** Accepts a change as a node does that dies before it rolls the change out. */
	async acceptAndDie(storeUrl: string, records: Parameters<NodeStory["send"]>[1]): Promise<void> {
		const change = await this.#change(this.nodes[0] as TestNode, records);
		await using raw = await openStore(storeUrl);
		const identity = this.#identity;
		const store = await SealedStore.open(raw, identity.stateKey);
		const apps = await Apps.open({ store, identity, now: Date.now, isShared: true });
		expect(await apps.get(APP).append(change)).toHaveProperty("accepted");
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all(this.nodes.map(({ platform }) => platform.close()));
		for (const place of this.#places) place[Symbol.dispose]();
	}
}
