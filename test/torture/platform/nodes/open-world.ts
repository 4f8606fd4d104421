/** Starts three members of etcd and three nodes, each on a machine of its own, with functions that run. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeIdentityFile } from "../../../../src/identity/identity-file.ts";
import type { OpenParts } from "../../../../src/platform/open-parts.ts";
import { newTestIdentity } from "../../../platform/fixtures/vault.ts";
import { EtcdCluster } from "../../../platform/store/etcd/cluster.ts";
import { cleanEnvironment } from "../../../stories/support/project.ts";
import { PACKAGE_CACHE } from "../../../support/package-cache.ts";
import { randomFrom } from "../../random.ts";
import { buildNode, type Replacement } from "./cluster/build.ts";
import { TestNetwork } from "./cluster/network.ts";
import { TestNode } from "./cluster/test-node.ts";
import { Collector } from "./workload/collector.ts";
import { GATE, pairSource, SHOP, STRICT, tickSource } from "./workload/functions.ts";
import { AppLedger } from "./workload/ledger.ts";
import { World } from "./workload/world.ts";

const MEMBERS = 3;
/** The number of gateway processes of each node. 0: the node's process runs the functions. */
const GATEWAYS = [0, 0, 1];
/** The shortest time that fits with the shorter times of the nodes. */
const STALE_AFTER_MS = 5_000;
/** The space of etcd in bytes. The bundles of all deployments of a full run need less. */
const QUOTA = String(64 * 1024 * 1024);

export interface WorldOptions {
	readonly seed: number;
	readonly planted?: readonly Replacement[];
}

/** Links the apps, and deploys their functions. */
async function prepare(world: World): Promise<void> {
	const { collector, gate, nodes, shop } = world;
	for (const ledger of [shop, gate]) {
		const client = world.client(0, ledger.app);
		await client.createApp(ledger.vault.vaultId);
		const { change } = ledger.change(ledger.empty, "v0");
		const { outcome } = await client.send(change, 0);
		if (outcome?.kind !== "appended") throw new Error("The first change was not accepted.");
		ledger.acknowledged.add(change.operation);
		ledger.begin({ revision: 1, head: outcome.head });
	}
	const files = [
		[SHOP, "pair", pairSource(0)],
		[SHOP, "tick", tickSource(collector.address)],
		[GATE, "strict", STRICT],
	] as const;
	for (const [app, name, sources] of files)
		if (!(await world.client(0, app).deploy(name, sources))) throw new Error(`${name} was not deployed.`);
	for (const node of nodes.keys()) {
		const own = (await world.client(node, SHOP).status()).nodes.find(({ self }) => self);
		world.names.push(own?.node ?? "");
	}
}

function etcdIn(network: TestNetwork) {
	const places = Array.from({ length: MEMBERS }, () => network.add());
	return { places, args: ["--quota-backend-bytes", QUOTA] };
}

/** Downloads what builds need, while there is a network. @throws Error if it cannot be downloaded */
function fillCache(program: string, folder: string): void {
	const env = { ...cleanEnvironment(), XDG_CACHE_HOME: PACKAGE_CACHE };
	execFileSync(process.execPath, [program, join(folder, "cache-data")], { env, stdio: "pipe" });
}

/** Starts everything. @param opened gets everything that has to be closed @throws Error if something does not start */
export async function openWorld(opened: OpenParts, options: WorldOptions): Promise<World> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-nodes-"));
	opened.add(async () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 }));
	const programs = await buildNode(folder, options.planted);
	fillCache(programs.fillCache, folder);
	const identity = newTestIdentity();
	const identityFile = join(folder, "identity");
	await writeIdentityFile(identityFile, identity);
	const network = new TestNetwork();
	opened.add(async () => network[Symbol.dispose]());
	const collector = await Collector.open(network.own);
	opened.add(() => collector[Symbol.asyncDispose]());
	const etcd = etcdIn(network);
	const members = await EtcdCluster.start(etcd);
	opened.add(() => members[Symbol.asyncDispose]());
	const shared = { storeUrl: members.url("/nodes"), identityFile, staleAfterMs: STALE_AFTER_MS };
	const nodes = GATEWAYS.map((gateways, index) => {
		const temporary = join(folder, `tmp${index}`);
		mkdirSync(temporary);
		const own = { machine: network.add(), data: join(folder, `data${index}`), temporary, gateways };
		const program = programs.node;
		return new TestNode({ ...shared, ...own, program, collector: collector.address });
	});
	for (const node of nodes) opened.add(() => node.close());
	const [shop, gate] = [new AppLedger(SHOP, ["A", "B"]), new AppLedger(GATE, ["C"])];
	for (const { vault } of [shop, gate]) vault.add(identity, "reader", "platform");
	const world = new World({
		...{ network, members, memberMachines: etcd.places, nodes, collector, shop, gate },
		...{ random: randomFrom(options.seed), staleAfterMs: STALE_AFTER_MS },
	});
	const [first, ...others] = nodes;
	await first?.start();
	world.token = first?.token ?? "";
	await Promise.all(others.map((node) => node.start()));
	await prepare(world);
	return world;
}
